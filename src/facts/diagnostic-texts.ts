import type { Argv, Fact } from '../core/fact.ts';
import { ADMIN_CONF } from './cluster-state.ts';

/** What a host or a cluster is asked for a maintainer: a text that is kept as it comes. */
export interface DiagnosticText {
  /** Where it goes, in the archive. */
  readonly file: string;
  /** For whoever decides whether to send it. */
  readonly what: string;
  readonly argv: Argv;
}

const script = (text: string): Argv => ['sh', '-c', `${text}; true`, 'diagnose'];

/** Of every host. None of these commands changes anything, and none needs the network. */
export const HOST_TEXTS: readonly DiagnosticText[] = [
  {
    file: 'versions.txt',
    what: 'kernel, distribution, versions of programs',
    argv: script(
      'uname -a; cat /etc/os-release; for program in containerd kubelet kubeadm iptables nft keepalived; do ' +
        'command -v "$program" >/dev/null && "$program" --version 2>&1 | head -n 1; done; uptime; free -m; df -h /',
    ),
  },
  {
    file: 'units.txt',
    what: 'state of the units of konvoy and Kubernetes',
    argv: script("systemctl --no-pager --full --lines=0 status containerd kubelet keepalived 'konvoy*'"),
  },
  {
    file: 'journal.txt',
    what: 'the last lines of their logs',
    argv: script(
      "journalctl --no-pager --quiet --lines=1000 --unit=containerd --unit=kubelet --unit=keepalived --unit='konvoy*'",
    ),
  },
  {
    file: 'rules.txt',
    what: 'firewall rules, of iptables and of nftables',
    argv: script(
      'for tool in iptables-nft-save iptables-legacy-save; do command -v "$tool" >/dev/null || continue; echo "== $tool"; ' +
        'test "$tool" = iptables-nft-save || test -s /proc/net/ip_tables_names || continue; "$tool" -c; done; ' +
        'echo "== nft"; nft list ruleset',
    ),
  },
  {
    file: 'network.txt',
    what: 'interfaces, routes, neighbours, listening ports, kernel settings of the network',
    argv: script(
      'for words in "-d address" rule "route show table all" neighbour; do echo "== ip $words"; ip $words; done; ' +
        'echo "== ss"; ss -tulpn; echo "== sysctl"; sysctl -a 2>/dev/null | grep -E "^net\\.(ipv4\\.(ip_forward|conf\\..*\\.rp_filter)|bridge|netfilter)"',
    ),
  },
  {
    file: 'pods.txt',
    what: 'the last lines of the logs of pods of Kubernetes, Calico, MetalLB and Traefik',
    argv: script(
      'for log in /var/log/pods/kube-system_* /var/log/pods/calico-* /var/log/pods/tigera-* /var/log/pods/metallb-* /var/log/pods/traefik_*; do ' +
        'for file in "$log"/*/*.log; do test -e "$file" && { echo "== $file"; tail -n 200 "$file"; }; done; done',
    ),
  },
];

const kubectl = (...words: readonly string[]): string =>
  `echo "== ${words.join(' ')}"; kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=20s ${words.join(' ')} 2>&1`;

const CALICO = [
  'ippools',
  'felixconfigurations',
  'bgpconfigurations',
  'bgppeers',
  'caliconodestatuses',
  'blockaffinities',
]
  .map((kind) => `${kind}.crd.projectcalico.org`)
  .join(',');

/** Of the cluster, asked of the API server `HOST:PORT`. Secrets are none of them. */
export function clusterTexts(server: string): readonly DiagnosticText[] {
  const ask = (...lines: readonly (readonly string[])[]): Argv => [
    ...script(lines.map((words) => kubectl(...words)).join('; ')),
    server,
  ];
  return [
    {
      file: 'objects.txt',
      what: 'nodes, pods, Services, endpoints, events',
      argv: ask(
        ['version'],
        ['get nodes --output=wide'],
        ['describe nodes'],
        ['get pods,services,endpointslices,daemonsets,deployments --all-namespaces --output=wide'],
        ['get events --all-namespaces --sort-by=.metadata.creationTimestamp'],
      ),
    },
    {
      file: 'network.yaml',
      what: 'configuration of CoreDNS, kube-proxy and Calico, network policies',
      argv: ask(
        ['--namespace=kube-system get configmaps coredns kube-proxy kubeadm-config --output=yaml'],
        [`get ${CALICO} --output=yaml`],
        ['get networkpolicies --all-namespaces --output=yaml'],
        ['get globalnetworkpolicies.crd.projectcalico.org --output=yaml'],
      ),
    },
  ];
}

/** The whole of what a command prints, complaints behind it. */
export const diagnosticText: Fact<DiagnosticText, string> = {
  name: 'a text for a maintainer',
  command: ({ argv }) => argv,
  parse: ({ stdout, stderr }) => (stderr === '' ? stdout : `${stdout}\n== complaints\n${stderr}`),
};
