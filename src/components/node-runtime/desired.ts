import { type ConfigPath, hostResourceAddress } from '../../core/address.ts';
import {
  type ImageName,
  MEMBER_COMPONENT,
  OWNERSHIP_COMMENT,
  type ProgramResource,
  type Resource,
} from '../../core/resource.ts';
import type { Role, Topology, TopologyHost } from '../../core/topology.ts';
import { Secret, type Text } from '../../core/secret.ts';
import { CNI_FOLDER, CONTAINERD_UNIT } from './containerd-config.ts';
import { type ContainerdFile, containerdFiles, STARTED_FROM } from './containerd-files.ts';
import { KUBELET_UNIT, KUBELET_UNIT_PATH, PROGRAM_FOLDER } from './kubelet-unit.ts';
import { type NodeRuntimeSection, type SettledRuntime, wantedOf } from './section.ts';
import { bundledImages, etcdVersion, pauseImage } from './versions.ts';

/** The place in cluster.yaml that asks for Kubernetes. */
export const KUBERNETES_PATH: ConfigPath = ['spec', 'kubernetes'];

/** Behind `99-sysctl.conf`, by which many a distribution means the user's /etc/sysctl.conf. */
const SYSCTL_PATH = '/etc/sysctl.d/99-zz-konvoy-kubernetes.conf';
const MODULES_PATH = '/etc/modules-load.d/konvoy-kubernetes.conf';
/** Pods are reached through their host (kubernetes.io, "Container runtimes"). */
const SYSCTLS = [['net.ipv4.ip_forward', '1']] as const;
/** The file system of containers. */
const MODULES = ['overlay'] as const;
const SYSCTL_TEXT = `${OWNERSHIP_COMMENT}${SYSCTLS.map(([name, value]) => `${name} = ${value}\n`).join('')}`;
const MODULES_TEXT = `${OWNERSHIP_COMMENT}${MODULES.join('\n')}\n`;
/** Where Debian's package puts what containerd makes the interface `lo` of each pod with. */
const CNI_PACKAGE_FOLDER = '/usr/lib/cni';
const CNI_PLUGINS = ['loopback'] as const;

/**
 * Whether another release of the kubelet runs here that is to be upgraded. Its program is then replaced with the member,
 * when it is that host's turn: everywhere at once, a kubelet that ends by itself would come back newer than its API server.
 */
function runsOther(section: NodeRuntimeSection | undefined, { address }: TopologyHost, version: string): boolean {
  const running = section?.kubelets?.get(address);
  return running !== undefined && running !== `v${version}`;
}

/** What is the same on every host, made once. */
interface Shared {
  readonly section: NodeRuntimeSection | undefined;
  readonly version: string;
  readonly etcd: string;
  /** By the registries that a host has files for. */
  readonly containerd: (found: readonly string[]) => readonly ContainerdFile[];
  readonly images: Readonly<Record<Role, readonly ImageName[]>>;
}

function sharedBy(section: NodeRuntimeSection | undefined, { kubernetesVersion: version }: Topology): Shared {
  const pause = section && pauseImage(version, section.imageRepository);
  const sandboxImage = pause === undefined ? '' : `${pause.repository}:${pause.tag}`;
  const imagesOf = (role: Role) => (section === undefined ? [] : bundledImages(version, section, role));
  return {
    section,
    version,
    etcd: etcdVersion(version),
    containerd: containerdFiles(section, sandboxImage),
    images: { 'control-plane': imagesOf('control-plane'), worker: imagesOf('worker') },
  };
}

/** What stands on one host, in the order in which it is made; taken away in the opposite one. */
function resourcesOf(shared: Shared, host: TopologyHost, found: readonly string[]): Resource[] {
  const { section, version, etcd } = shared;
  const ensure = section === undefined ? 'absent' : 'present';
  const { address, role } = host;
  const common = { host: address, component: 'node-runtime', because: KUBERNETES_PATH, ensure } as const;
  const at = (kind: Resource['kind'], name: string) => hostResourceAddress(address, kind, name);
  const pack = (name: string, leavesBehind: readonly string[] = []): Resource => ({
    ...common,
    kind: 'package',
    address: at('package', name),
    name,
    leavesBehind,
  });
  const file = (path: string, content: Text | undefined, check?: ContainerdFile['check']): Resource => ({
    ...common,
    ...(content === undefined ? { ensure: 'absent' } : {}),
    kind: 'file',
    address: at('file', path),
    path,
    content: content ?? '',
    mode: content instanceof Secret ? 0o600 : 0o644,
    ...(check === undefined ? {} : { check }),
  });
  const program = (name: string, of: string): ProgramResource => {
    const path = `${PROGRAM_FOLDER}/${name}`;
    return { ...common, kind: 'program', address: at('program', path), path, part: { name, version: of } };
  };
  const resources: Resource[] = [
    ...MODULES.map(
      (module): Resource => ({ ...common, kind: 'kernel-module', address: at('kernel-module', module), module }),
    ),
    file(MODULES_PATH, MODULES_TEXT),
    ...SYSCTLS.map(
      ([name, value]): Resource => ({ ...common, kind: 'sysctl', address: at('sysctl', name), name, value }),
    ),
    file(SYSCTL_PATH, SYSCTL_TEXT),
    {
      ...common,
      ensure: 'absent',
      kind: 'swap',
      address: at('swap', 'all'),
      off: section !== undefined && !section.allowsSwap,
    },
    pack('containerd', ['/var/lib/containerd', '/run/containerd']),
    pack('containernetworking-plugins'),
    ...CNI_PLUGINS.map((name): Resource => {
      const path = `${CNI_FOLDER}/${name}`;
      const from = `${CNI_PACKAGE_FOLDER}/${name}`;
      return { ...common, kind: 'program-copy', address: at('program-copy', path), from, path };
    }),
    ...shared.containerd(found).map(({ path, content, check }) => file(path, content, check)),
    {
      ...common,
      kind: 'unit',
      address: at('unit', CONTAINERD_UNIT),
      unit: CONTAINERD_UNIT,
      reads: STARTED_FROM,
      pulledInBy: [],
      onChange: 'restart',
    },
    program('kubeadm', version),
    {
      ...program('kubelet', version),
      component: runsOther(section, host, version) ? MEMBER_COMPONENT[role] : 'node-runtime',
    },
    ...(role === 'control-plane'
      ? [program('kubectl', version), program('etcdctl', etcd), program('etcdutl', etcd)]
      : []),
    file(KUBELET_UNIT_PATH, KUBELET_UNIT),
    { ...common, kind: 'images', address: at('images', 'kubernetes'), images: shared.images[role] },
  ];
  return section === undefined ? resources.reverse() : resources;
}

/** Container runtime, kubelet and kubeadm, kernel settings and images on every host. */
export function desired(settled: SettledRuntime | undefined, topology: Topology): readonly Resource[] {
  const shared = sharedBy(wantedOf(settled), topology);
  return topology.hosts.flatMap((host) => resourcesOf(shared, host, settled?.found?.get(host.address) ?? []));
}
