import type { ImageFile, ModuleSource, PinnedImage, PinnedManifest, PinnedProgram } from './pinned-part.ts';

const VERSION = '3.28.5';
const TAG = `v${VERSION}`;
/** Of the Container Network Interface's own plugins: the one that Calico's go.mod names. */
const PLUGINS_VERSION = '1.1.1';

const GO_MODULE = 'github.com/projectcalico/calico';
const words = { version: VERSION, licence: 'Apache-2.0', origin: `Go module ${GO_MODULE}, commit of ${TAG}` } as const;

const program = (name: string, path: string): PinnedProgram => ({
  name,
  ...words,
  module: 'calico',
  package: `${GO_MODULE}/${path}`,
});

const plugin = (name: string): PinnedProgram => ({
  name: `cni-${name}`,
  version: PLUGINS_VERSION,
  licence: 'Apache-2.0',
  origin: `Go module github.com/containernetworking/plugins@v${PLUGINS_VERSION}`,
  module: 'calico',
  package: `github.com/containernetworking/plugins/plugins/meta/${name}`,
});

export const CALICO_PROGRAMS: readonly PinnedProgram[] = [
  program('calicoctl', 'calicoctl/calicoctl'),
  program('calico-node', 'node/cmd/calico-node'),
  program('calico-cni', 'cni-plugin/cmd/calico'),
  program('calico-cni-install', 'cni-plugin/cmd/install'),
  program('calico-kube-controllers', 'kube-controllers/cmd/kube-controllers'),
  program('calico-check-status', 'kube-controllers/cmd/check-status'),
  program('calico-typha', 'typha/cmd/calico-typha'),
  plugin('bandwidth'),
  plugin('portmap'),
];

/** What the Makefiles of calicoctl, node, cni-plugin, kube-controllers and typha link in. */
export const CALICO_LINKED_VALUES: readonly string[] = [
  `main.VERSION=${TAG}`,
  `${GO_MODULE}/calicoctl/calicoctl/commands.VERSION=${TAG}`,
  `${GO_MODULE}/calicoctl/calicoctl/commands/common.VERSION=${TAG}`,
  `${GO_MODULE}/node/pkg/lifecycle/startup.VERSION=${TAG}`,
  `${GO_MODULE}/node/buildinfo.GitVersion=${TAG}`,
  `${GO_MODULE}/typha/pkg/buildinfo.GitVersion=${TAG}`,
  `github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=v${PLUGINS_VERSION}`,
];

const source = (path: string): ModuleSource => ({ module: 'calico', of: GO_MODULE, path });
const put = (name: string, path: string): ImageFile => ({ is: 'program', program: name, path });
const take = (from: string, path: string, mode: number): ImageFile => ({
  is: 'source',
  source: source(from),
  path,
  mode,
});

const CONFD = 'etc/calico/confd';
const TUNNELS = `${CONFD}/templates/bird_ipam.cfg.template`;

/**
 * As node/Dockerfile.amd64 puts it together, but for eBPF (`bpftool`, `mountns`, the programs for the kernel): calico-node is
 * built without libbpf. Debian's BIRD lacks Calico's patch for IPIP, `krt_tunnel`. So the template says that word only for
 * pools with IPIP: BIRD refuses its configuration there, and the node is not Ready, in place of routes into nothing.
 */
const NODE: PinnedImage = {
  repository: 'docker.io/calico/node',
  tag: TAG,
  below: ['debian', 'debian-calico-node'],
  files: [
    put('calico-node', 'usr/bin/calico-node'),
    take('node/filesystem/sbin', 'usr/sbin', 0o755),
    take('node/filesystem/etc/rc.local', 'etc/rc.local', 0o755),
    take('node/filesystem/etc/service', 'etc/service', 0o755),
    take('node/filesystem/etc/calico', 'etc/calico', 0o644),
    take(`confd/${CONFD}`, CONFD, 0o644),
    {
      is: 'source',
      source: source(`confd/${TUNNELS}`),
      path: TUNNELS,
      mode: 0o644,
      edit: { find: 'krt_tunnel = "[^"]*";', put: '{{if $$data.ipip}}$&{{end}}' },
    },
    // The probes call it by this path; start_runit calls the other, which Debian's alternatives would make.
    { is: 'link', path: 'usr/bin/birdcl', target: '../sbin/birdc' },
    { is: 'link', path: 'usr/bin/which', target: 'which.debianutils' },
  ],
  // Else confd's `sv hup bird` silently does nothing.
  env: ['SVDIR=/etc/service/enabled'],
  command: ['start_runit'],
};

/**
 * The plugins that Calico's network configuration names; its installer copies all that lies beside it. Not `loopback`: that
 * one of the host is konvoy's already.
 */
const CNI: PinnedImage = {
  repository: 'docker.io/calico/cni',
  tag: TAG,
  below: [],
  files: [
    put('calico-cni-install', 'opt/cni/bin/install'),
    put('calico-cni', 'opt/cni/bin/calico'),
    { is: 'link', path: 'opt/cni/bin/calico-ipam', target: 'calico' },
    put('cni-bandwidth', 'opt/cni/bin/bandwidth'),
    put('cni-portmap', 'opt/cni/bin/portmap'),
  ],
  command: ['/opt/cni/bin/install'],
};

const KUBE_CONTROLLERS: PinnedImage = {
  repository: 'docker.io/calico/kube-controllers',
  tag: TAG,
  below: [],
  files: [
    put('calico-kube-controllers', 'usr/bin/kube-controllers'),
    put('calico-check-status', 'usr/bin/check-status'),
    { is: 'empty', path: 'status/status.json', mode: 0o666 },
  ],
  entrypoint: ['/usr/bin/kube-controllers'],
  user: '999',
};

const TYPHA: PinnedImage = {
  repository: 'docker.io/calico/typha',
  tag: TAG,
  below: [],
  files: [
    put('calico-typha', 'usr/bin/calico-typha'),
    take('typha/docker-image/typha.cfg', 'etc/calico/typha.cfg', 0o644),
  ],
  command: ['/usr/bin/calico-typha'],
  user: '999',
};

export const CALICO_IMAGES: readonly PinnedImage[] = [NODE, CNI, KUBE_CONTROLLERS, TYPHA];

/** The ways to install it that konvoy knows: BGP, VXLAN only, BGP with Typha. */
export const CALICO_MANIFESTS: readonly PinnedManifest[] = [
  'calico.yaml',
  'calico-vxlan.yaml',
  'calico-typha.yaml',
].map((name) => ({
  name,
  ...words,
  version: TAG,
  source: source(`manifests/${name}`),
  file: `manifests/calico-${TAG}/${name}`,
}));
