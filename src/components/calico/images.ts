import { hostResourceAddress } from '../../core/address.ts';
import type { Resource } from '../../core/resource.ts';
import type { Topology } from '../../core/topology.ts';
import { CALICO_PATH, type CalicoSection } from './section.ts';
import { usesTypha } from './typha.ts';

const NAMES = ['node', 'cni', 'kube-controllers'] as const;

/** Calico's images on every host, before anything of it starts there. */
export function imagesOf(section: CalicoSection | undefined, topology: Topology): readonly Resource[] {
  const names = usesTypha(topology) ? [...NAMES, 'typha'] : NAMES;
  const tag = section?.version ?? '';
  const images = names.map((name) => ({ repository: `docker.io/calico/${name}`, tag }));
  return topology.hosts.map(({ address }) => ({
    kind: 'images',
    host: address,
    address: hostResourceAddress(address, 'images', 'calico'),
    component: 'calico-images',
    because: CALICO_PATH,
    ensure: section === undefined ? 'absent' : 'present',
    images,
  }));
}
