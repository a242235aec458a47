import { jsonAt, listAt, textAt } from '../../core/json.ts';
import { LARGE_COMMUNITY } from './native-schema.ts';
import type { MetallbObject, MetallbObjects } from './objects.ts';

/** Fields of a peer that native speakers refuse (internal/config/validation.go, `DiscardFRROnly`). */
const FRR_FIELDS = [
  'bfdProfile',
  'keepaliveTime',
  'vrf',
  'connectTime',
  'enableGracefulRestart',
  'disableMP',
  'dualStackAddressFamily',
  'dynamicASN',
  'interface',
  'localASN',
] as const;

function reasonsOf({ kind, name, object }: MetallbObject): readonly string[] {
  if (kind === 'BFDProfile') return [`the BFD profile ${name}`];
  if (kind === 'BGPPeer') {
    const used = FRR_FIELDS.filter(
      (field) => ![undefined, false].some((none) => none === jsonAt(object, 'spec', field)),
    );
    return used.map((field) => `${field} of the peer ${name}`);
  }
  const communities = listAt(object, 'spec', 'communities').map((each) =>
    typeof each === 'string' ? each : (textAt(each, 'value') ?? ''),
  );
  return communities.filter((text) => LARGE_COMMUNITY.test(text)).map((text) => `the community ${text}`);
}

/** Why speakers need FRR to speak BGP; none: their own implementation is enough. */
export function frrReasons({ objects }: MetallbObjects): readonly string[] {
  return objects.flatMap(reasonsOf);
}
