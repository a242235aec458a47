import { advertises, lowestPrefix, poolEntries, textsAt } from '../../components/metallb/address-pools.ts';
import { secondsOf } from '../../components/metallb/duration.ts';
import type { MetallbKind, MetallbObject } from '../../components/metallb/objects.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { jsonAt, listAt, textAt } from '../../core/json.ts';
import type { ConfigView } from '../constraint.ts';

/** Tells what is wrong with the value at a path of an object's spec. */
type Tell = (path: ConfigPath, message: string, hint: string) => void;

/** Objects of metallb.io among the values refer to each other, and say what MetalLB 0.16 accepts (internal/config). */
export function metallbResources(config: ConfigView): readonly Diagnostic[] {
  const objects = config.cluster.metallb?.wanted.objects ?? [];
  // What configInline becomes has laws of its own.
  if (!objects.some(({ because }) => because.includes('resources'))) return [];
  const found: Diagnostic[] = [];
  for (const each of objects) {
    const tell: Tell = (path, message, hint) => {
      const at = config.inCluster([...each.because, ...path]);
      found.push({ code: 'metallb-resources', severity: 'error', message, hint, at });
    };
    judgeObject(each, objects, tell);
    if (each.kind !== 'IPAddressPool' || isAnnounced(each, objects)) continue;
    const message = `the pool ${each.name} has no advertisement: its addresses are given, and nobody announces them`;
    const hint = 'add an L2Advertisement or a BGPAdvertisement for it';
    const at = config.inCluster([...each.because.slice(0, -1), 'metadata', 'name']);
    found.push({ code: 'metallb-resources', severity: 'warning', message, hint, at });
  }
  return found;
}

function isAdvertisement({ kind }: MetallbObject): boolean {
  return kind === 'L2Advertisement' || kind === 'BGPAdvertisement';
}

function isAnnounced(pool: MetallbObject, objects: readonly MetallbObject[]): boolean {
  return objects.some((each) => isAdvertisement(each) && advertises(each.object, pool.object));
}

function judgeObject(each: MetallbObject, objects: readonly MetallbObject[], tell: Tell): void {
  const named = (kind: MetallbKind, name: string) => objects.some((one) => one.kind === kind && one.name === name);
  const refer = (key: string, kind: MetallbKind): void => {
    for (const [place, name] of textsAt(each.object, 'spec', key).entries()) {
      if (!named(kind, name)) tell([key, place], `there is no ${kind} ${name}`, 'add it to resources');
    }
  };
  if (isAdvertisement(each)) refer('ipAddressPools', 'IPAddressPool');
  if (each.kind === 'BGPAdvertisement') {
    refer('peers', 'BGPPeer');
    judgeCommunities(each, objects, tell);
    judgeLength(each, objects, tell);
  }
  if (each.kind !== 'BGPPeer') return;
  const profile = textAt(each.object, 'spec', 'bfdProfile');
  if (profile !== undefined && !named('BFDProfile', profile)) {
    tell(['bfdProfile'], `there is no BFDProfile ${profile}`, 'add it to resources');
  }
  judgePeer(each, tell);
}

function judgeCommunities({ object }: MetallbObject, objects: readonly MetallbObject[], tell: Tell): void {
  const names = objects
    .filter(({ kind }) => kind === 'Community')
    .flatMap((community) => listAt(community.object, 'spec', 'communities').map((alias) => textAt(alias, 'name')));
  for (const [place, name] of textsAt(object, 'spec', 'communities').entries()) {
    if (names.includes(name) || /^(?:large:)?[0-9]+:[0-9]+/.test(name)) continue;
    tell(['communities', place], `there is no community ${name}`, 'add a Community with it to resources');
  }
}

function judgeLength({ object }: MetallbObject, objects: readonly MetallbObject[], tell: Tell): void {
  const length = jsonAt(object, 'spec', 'aggregationLength');
  if (typeof length !== 'number') return;
  const pools = objects.filter((each) => each.kind === 'IPAddressPool' && advertises(object, each.object));
  const longest = Math.max(0, ...poolEntries({ objects: pools, passwords: [] }).map(lowestPrefix));
  if (length >= longest) return;
  const message = `aggregationLength ${length} is shorter than the network /${longest} of a pool that it is for`;
  tell(['aggregationLength'], message, `write ${longest} or more`);
}

function judgePeer({ object }: MetallbObject, tell: Tell): void {
  const spec = (name: string) => jsonAt(object, 'spec', name);
  const oneOf = (one: string, other: string): void => {
    if ((spec(one) === undefined) !== (spec(other) === undefined)) return;
    tell([], `a peer has one of ${one} and ${other}`, `write one of them`);
  };
  oneOf('peerASN', 'dynamicASN');
  oneOf('peerAddress', 'interface');
  if (spec('ebgpMultiHop') === true && spec('myASN') === spec('peerASN')) {
    tell(['ebgpMultiHop'], 'ebgpMultiHop wants two different ASNs', 'remove it');
  }
  const hold = secondsOf(textAt(object, 'spec', 'holdTime') ?? '90s');
  if ((hold !== 0 && hold < 3) || !Number.isInteger(hold)) {
    tell(['holdTime'], `holdTime ${textAt(object, 'spec', 'holdTime')} is not possible`, 'write 0s, or 3s and more');
  }
  const keepalive = textAt(object, 'spec', 'keepaliveTime');
  if (keepalive !== undefined && secondsOf(keepalive) >= hold) {
    tell(['keepaliveTime'], 'keepaliveTime must be less than holdTime', 'a third of it is usual');
  }
}
