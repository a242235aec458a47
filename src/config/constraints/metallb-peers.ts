import { secondsOf } from '../../components/metallb/duration.ts';
import type { MetallbConfig } from '../../components/metallb/schema.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { Secret } from '../../core/secret.ts';
import type { ConfigView } from '../constraint.ts';

type Peer = MetallbConfig['peers'][number];
/** Tells what is wrong with the value at a path of the peer. */
type Tell = (path: ConfigPath, message: string, hint: string) => void;

/** RFC 4271: the hold time has two bytes. */
const LONGEST_HOLD = 65535;

function judgeTimes(peer: Peer, tell: Tell): void {
  const hold = secondsOf(peer['hold-time'] ?? '90s');
  if ((hold !== 0 && hold < 3) || !Number.isInteger(hold) || hold > LONGEST_HOLD) {
    const hint = `write 0, or whole seconds from 3s to ${LONGEST_HOLD}s`;
    tell(['hold-time'], `hold-time ${peer['hold-time']} is not possible`, hint);
  }
  if (peer['keepalive-time'] === undefined) return;
  const keepalive = secondsOf(peer['keepalive-time']);
  if (!Number.isInteger(keepalive)) {
    tell(['keepalive-time'], `keepalive-time ${peer['keepalive-time']} is not possible`, 'write whole seconds');
  } else if (keepalive >= hold) {
    tell(['keepalive-time'], 'keepalive-time must be less than hold-time', 'a third of it is usual');
  }
}

/** Everything of a peer as text; equal for peers that are one session twice. */
function keyOf(peer: Peer): string {
  const password = peer.password instanceof Secret ? peer.password.digest() : '';
  const hold = secondsOf(peer['hold-time'] ?? '90s');
  return JSON.stringify(Object.entries({ ...peer, password, 'hold-time': hold }).sort());
}

/** What MetalLB's own parser refuses about peers. */
export function metallbPeers(config: ConfigView): readonly Diagnostic[] {
  const { metallb } = config.cluster;
  if (metallb === undefined) return [];
  const found: Diagnostic[] = [];
  const { peers, 'bfd-profiles': profiles } = metallb.config;
  const seen = new Map<string, number>();
  for (const [index, peer] of peers.entries()) {
    const tell: Tell = (path, message, hint) => {
      const at = config.inCluster([...metallb.path, 'peers', index, ...path]);
      found.push({ code: 'metallb-bgp', severity: 'error', message, hint, at });
    };
    judgeTimes(peer, tell);
    const profile = peer['bfd-profile'];
    if (profile !== undefined && !profiles.some(({ name }) => name === profile)) {
      tell(['bfd-profile'], `there is no BFD profile ${profile}`, 'add it to bfd-profiles');
    }
    if (peer['ebgp-multihop'] === true && peer['my-asn'] === peer['peer-asn']) {
      tell(['ebgp-multihop'], 'ebgp-multihop wants two different ASNs', 'remove it');
    }
    const twin = seen.get(keyOf(peer));
    if (twin !== undefined) tell([], `the peer is the same as peer ${twin + 1} of the list`, 'keep one');
    else seen.set(keyOf(peer), index);
  }
  return found;
}
