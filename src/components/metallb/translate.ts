import type { ConfigPath } from '../../core/address.ts';
import type { JsonObject } from '../../core/json.ts';
import { printSeconds, secondsOf } from './duration.ts';
import { objectNameOf } from './object-names.ts';
import { given, type MetallbObject, metallbObject, type MetallbObjects, type MetallbPassword } from './objects.ts';
import type { MetallbConfig } from './schema.ts';

type Peer = MetallbConfig['peers'][number];
type Pool = MetallbConfig['address-pools'][number];
type NodeSelector = NonNullable<Peer['node-selectors']>[number];

/** configInline's default, which today's resource does not have written down. */
const HOLD_TIME = '90s';

function selectorOf({ 'match-labels': labels, 'match-expressions': expressions }: NodeSelector): JsonObject {
  return given({
    matchLabels: labels,
    matchExpressions: expressions?.map(({ key, operator, values }) => given({ key, operator, values })),
  });
}

function peerOf(peer: Peer, name: string, because: ConfigPath): MetallbObject {
  const keepalive = peer['keepalive-time'];
  const spec = given({
    myASN: peer['my-asn'],
    peerASN: peer['peer-asn'],
    peerAddress: peer['peer-address'],
    peerPort: peer['peer-port'],
    holdTime: printSeconds(secondsOf(peer['hold-time'] ?? HOLD_TIME)),
    keepaliveTime: keepalive === undefined ? undefined : printSeconds(secondsOf(keepalive)),
    routerID: peer['router-id'],
    sourceAddress: peer['source-address'],
    nodeSelectors: peer['node-selectors']?.map(selectorOf),
    passwordSecret: hasPassword(peer) ? { name: passwordName(name) } : undefined,
    bfdProfile: peer['bfd-profile'] === undefined ? undefined : objectNameOf(peer['bfd-profile']),
    ebgpMultiHop: peer['ebgp-multihop'],
  });
  return metallbObject('BGPPeer', name, spec, because);
}

function hasPassword({ password }: Peer): boolean {
  return password !== undefined && password.reveal() !== '';
}

/** The Secret that has the password of a peer. */
export function passwordName(peer: string): string {
  return `metallb-${peer}-password`;
}

function poolOf(pool: Pool, because: ConfigPath): MetallbObject {
  const spec = {
    addresses: pool.addresses,
    autoAssign: pool['auto-assign'],
    avoidBuggyIPs: pool['avoid-buggy-ips'],
  };
  return metallbObject('IPAddressPool', objectNameOf(pool.name), spec, because);
}

/** How a BGP pool is announced: as each of its advertisements says, or, without any, as it is. */
function bgpAdvertisements(pool: Pool): readonly JsonObject[] {
  const ipAddressPools = [objectNameOf(pool.name)];
  const written = pool['bgp-advertisements'] ?? [];
  if (written.length === 0) return [{ ipAddressPools }];
  return written.map((advertisement) =>
    given({
      ipAddressPools,
      aggregationLength: advertisement['aggregation-length'],
      aggregationLengthV6: advertisement['aggregation-length-v6'],
      localPref: advertisement.localpref,
      communities: advertisement.communities,
    }),
  );
}

/**
 * Today's resources of what `configInline` says, with the names that MetalLB's own converter gives them (configmaptocrs), so
 * that a cluster which was converted with that has the same. Unlike there, passwords are in Secrets. `path` is
 * `configInline`'s in cluster.yaml.
 */
export function translateConfig(config: MetallbConfig, path: ConfigPath): MetallbObjects {
  const { peers, 'address-pools': pools, 'bfd-profiles': profiles, 'bgp-communities': communities } = config;
  const objects: MetallbObject[] = [];
  const names = Object.keys(communities).sort();
  if (names.length > 0) {
    const aliases = names.map((name) => ({ name, value: communities[name] ?? '' }));
    objects.push(metallbObject('Community', 'communities', { communities: aliases }, [...path, 'bgp-communities']));
  }
  for (const [index, { name, ...profile }] of profiles.entries()) {
    const spec = given({
      receiveInterval: profile['receive-interval'],
      transmitInterval: profile['transmit-interval'],
      detectMultiplier: profile['detect-multiplier'],
      echoInterval: profile['echo-interval'],
      echoMode: profile['echo-mode'],
      passiveMode: profile['passive-mode'],
      minimumTtl: profile['minimum-ttl'],
    });
    objects.push(metallbObject('BFDProfile', objectNameOf(name), spec, [...path, 'bfd-profiles', index]));
  }
  const passwords: MetallbPassword[] = [];
  for (const [index, peer] of peers.entries()) {
    const [name, because] = [`peer${index + 1}`, [...path, 'peers', index]];
    objects.push(peerOf(peer, name, because));
    if (peer.password !== undefined && hasPassword(peer)) {
      passwords.push({ name: passwordName(name), password: peer.password, because: [...because, 'password'] });
    }
  }
  for (const [index, pool] of pools.entries()) objects.push(poolOf(pool, [...path, 'address-pools', index]));
  let [bgp, layer2] = [0, 0];
  for (const [index, pool] of pools.entries()) {
    const because = [...path, 'address-pools', index];
    if (pool.protocol === 'layer2') {
      const spec = { ipAddressPools: [objectNameOf(pool.name)] };
      objects.push(metallbObject('L2Advertisement', `l2advertisement${++layer2}`, spec, because));
      continue;
    }
    for (const spec of bgpAdvertisements(pool)) {
      objects.push(metallbObject('BGPAdvertisement', `bgpadvertisement${++bgp}`, spec, because));
    }
  }
  return { objects, passwords };
}
