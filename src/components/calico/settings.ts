import type { Topology } from '../../core/topology.ts';
import { podMtu } from './encapsulation.ts';
import type { InstallSettings } from './release.ts';
import type { CalicoSection } from './section.ts';
import { typhaReplicas } from './typha.ts';

/** The MTU of pods: as written, or what the smallest link carries; as it is where that is not known. */
function wantedMtu({ mtu, found }: CalicoSection, { encapsulation }: Topology): number {
  if (mtu !== undefined) return mtu;
  if (found?.linkMtu !== undefined) return podMtu(encapsulation, found.linkMtu);
  return found?.living?.mtu ?? 0;
}

/** What Calico shall be set to in the end. */
export function wantedSettings(section: CalicoSection, topology: Topology): InstallSettings {
  return {
    backend: topology.bgp ? 'bird' : 'vxlan',
    mtu: wantedMtu(section, topology),
    atOnce: false,
    typhaReplicas: typhaReplicas(topology),
  };
}

/**
 * What it has to be set to before packets may travel another way: BIRD where the old or the new way needs it, and the smaller
 * MTU of both. The settings themselves where nothing of the kind changes.
 */
export function preparedSettings({ found }: CalicoSection, wanted: InstallSettings): InstallSettings {
  const living = found?.living;
  if (living === undefined) return wanted;
  const hadBird = living.backend === 'bird';
  return {
    ...wanted,
    backend: hadBird ? 'bird' : wanted.backend,
    atOnce: !hadBird && wanted.backend === 'bird',
    // 0: nobody knows, Calico finds it out.
    mtu: living.mtu === 0 || wanted.mtu === 0 ? wanted.mtu : Math.min(living.mtu, wanted.mtu),
  };
}
