import { type Fact, FactUnreadable } from '../core/fact.ts';

/** Modes of kube-proxy that not every kernel can do. */
export type DemandingProxyMode = 'ipvs' | 'nftables';

/** Whether a host can do it: `no` with what it said; `untried` where the program to try it with is not there. */
export type ProxyModeSupport =
  | { readonly is: 'yes' }
  | { readonly is: 'no'; readonly why: string }
  | { readonly is: 'untried'; readonly kernel: string };

/** Exit code for "there is nothing to try it with"; the kernel's release is then what was printed. */
const UNTRIED = 45;
/** Exit code for "it was tried and does not work". */
const REFUSED = 46;

/** A table as kube-proxy makes it: verdicts by address, protocol and port, a random choice, and NAT. */
const NFT_STEPS = [
  'add table ip probe',
  'add chain ip probe endpoint',
  'add rule ip probe endpoint meta l4proto tcp dnat to 192.0.2.1:80',
  'add map ip probe services { type ipv4_addr . inet_proto . inet_service : verdict ; }',
  'add element ip probe services { 192.0.2.2 . tcp . 80 : goto endpoint }',
  'add chain ip probe nat { type nat hook prerouting priority -100 ; }',
  'add rule ip probe nat ip daddr . meta l4proto . th dport vmap @services',
  'add rule ip probe nat numgen random mod 1 vmap { 0 : goto endpoint }',
];

const TRY = {
  nftables: [
    `command -v nft >/dev/null || { uname -r; exit ${UNTRIED}; }`,
    `for step do nft "$step" || exit ${REFUSED}; done`,
  ],
  ipvs: [
    `ip link add kube-ipvs0 type dummy || exit ${REFUSED}`,
    `if command -v ipvsadm >/dev/null; then ipvsadm --add-service --tcp-service 192.0.2.1:80 --scheduler rr || exit ${REFUSED}; exit 0; fi`,
    // Without the program: the module is there, or could be loaded.
    `[ -e /proc/net/ip_vs ] || modprobe --dry-run --quiet ip_vs || { echo 'there is no module ip_vs' >&2; exit ${REFUSED}; }`,
  ],
} as const satisfies Readonly<Record<DemandingProxyMode, readonly string[]>>;

/**
 * Whether a host can do a mode of kube-proxy: found by doing what the mode does, in a network namespace of its own that is
 * gone when the question ends. Names of modules are only hints: they may be built in, or loaded on demand.
 */
export const proxyModeSupport: Fact<{ readonly mode: DemandingProxyMode }, ProxyModeSupport> = {
  name: 'what kube-proxy needs of the kernel',
  command: ({ mode }) => [
    'unshare',
    '--net',
    'sh',
    '-c',
    TRY[mode].join('; '),
    'sh',
    ...(mode === 'nftables' ? NFT_STEPS : []),
  ],
  parse({ exit, stdout, stderr }) {
    if (exit === 0) return { is: 'yes' };
    if (exit === UNTRIED) return { is: 'untried', kernel: stdout.trim() };
    if (exit === REFUSED) return { is: 'no', why: stderr.trim().split('\n')[0] ?? '' };
    throw new FactUnreadable(stderr.trim() || `the attempt ended with exit code ${exit}`);
  },
};
