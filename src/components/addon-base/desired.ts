import { type HostAddress, hostResourceAddress } from '../../core/address.ts';
import { ADDON_NAMESPACE } from '../../core/helm-release.ts';
import { OBJECT_LABEL, type Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { ADDON_IMAGES } from './images.ts';
import { ADDONS_PATH, type AddonsSection } from './section.ts';

/** Helm stands beside kubectl on every control plane: any of them may be the one that is asked. */
const HELM_PATH = '/usr/local/bin/helm';
const HELM_VERSION = '3.22.0';

const common = { component: 'addon-base', because: ADDONS_PATH } as const;

/** MetalLB's speakers use the network of their host; a cluster that forbids that by default makes an exception here. */
const POD_SECURITY = 'pod-security.kubernetes.io/enforce';

function helmOn(host: HostAddress, ensure: 'present' | 'absent'): Resource {
  const address = hostResourceAddress(host, 'program', HELM_PATH);
  return {
    ...common,
    kind: 'program',
    address,
    host,
    ensure,
    path: HELM_PATH,
    part: { name: 'helm', version: HELM_VERSION },
  };
}

/** What all addons stand on: their images on every host, Helm on the control planes, and their namespace. */
export function desired(section: AddonsSection | undefined, topology: Topology): readonly Resource[] {
  const { hosts, port } = controlPlaneOf(topology);
  if (section === undefined) return hosts.map((host) => helmOn(host, 'absent'));
  // Helm stays while the last addon leaves, and so does the namespace: others may have put something there.
  const images = section.enabled.flatMap((name) => ADDON_IMAGES[name] ?? []);
  if (images.length === 0) return [];
  const at = section.at ?? hosts[0];
  const namespace = (host: HostAddress): Resource => ({
    ...common,
    kind: 'kube-object',
    address: hostResourceAddress(host, 'kube-object', `Namespace/${ADDON_NAMESPACE}`),
    host,
    port,
    ensure: 'present',
    object: {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: ADDON_NAMESPACE, labels: { [OBJECT_LABEL]: 'addons', [POD_SECURITY]: 'privileged' } },
    },
    rollsOut: false,
  });
  return [
    ...topology.hosts.map(
      ({ address: host }): Resource => ({
        ...common,
        kind: 'images',
        address: hostResourceAddress(host, 'images', 'addons'),
        host,
        ensure: 'present',
        images,
      }),
    ),
    ...hosts.map((host) => helmOn(host, 'present')),
    ...(at === undefined ? [] : [namespace(at)]),
  ];
}
