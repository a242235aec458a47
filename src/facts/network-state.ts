import { type Fact, FactUnreadable } from '../core/fact.ts';
import { ADMIN_CONF } from './cluster-state.ts';

/** The label of a namespace that `konvoy verify` made: seconds since the epoch, on a control plane's clock, when its pods end. */
export const VERIFY_LABEL = 'konvoy.mesosphere.com/verify-until';

/** A pod of what carries the network of pods: calico-node, kube-proxy, CoreDNS (label `kube-dns`). */
export interface SystemPod {
  readonly app: string;
  readonly name: string;
  readonly node: string;
  /** An IPv4 literal; empty before it has one. */
  readonly address: string;
  /** Not of one that is about to end. */
  readonly ready: boolean;
}

/** What the cluster says about the network of its pods. */
export interface NetworkState {
  /** Seconds since the epoch on the control plane that was asked. */
  readonly now: number;
  /** Namespaces of earlier runs of `konvoy verify`, with the second at which their pods end. */
  readonly namespaces: readonly { readonly name: string; readonly until: number }[];
  readonly pods: readonly SystemPod[];
  /** CoreDNS's configuration; empty where there is none. */
  readonly corefile: string;
}

const POD = [
  '.metadata.labels.k8s-app',
  '.metadata.name',
  '.spec.nodeName',
  '.status.podIP',
  '.status.conditions[?(@.type=="Ready")].status',
  '.metadata.deletionTimestamp',
];
const tabs = (fields: readonly string[]) =>
  `{range .items[*]}${fields.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;
const LABEL_FIELD = `.metadata.labels.${VERIFY_LABEL.replaceAll('.', '\\.')}`;

/** `$1` is HOST:PORT of the API server. */
const PROGRAM = [
  `k="kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=10s get"`,
  'date +%s',
  `$k namespaces --selector=${VERIFY_LABEL} -o jsonpath='${tabs(['.metadata.name', LABEL_FIELD])}' || exit 1`,
  "echo '--'",
  `$k pods --all-namespaces --selector='k8s-app in (calico-node,kube-proxy,kube-dns)' -o jsonpath='${tabs(POD)}' || exit 1`,
  "echo '--'",
  "$k --namespace=kube-system configmap coredns --ignore-not-found -o jsonpath='{.data.Corefile}'",
].join('; ');

/** What an API server, `HOST:PORT`, says about the network of pods. */
export const networkState: Fact<{ readonly server: string }, NetworkState> = {
  name: 'the network of pods',
  command: ({ server }) => ['sh', '-c', PROGRAM, 'network-state', server],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const [first = '', pods = '', ...corefile] = stdout.split(/^--\n/m);
    const [clock, ...namespaces] = rowsOf(first);
    const now = Number(clock?.[0]);
    if (!(now > 0)) throw new FactUnreadable('the clock of the control plane cannot be read');
    return {
      now,
      namespaces: namespaces.map(([name = '', until]) => ({ name, until: Number(until) || 0 })),
      pods: rowsOf(pods).map(([app = '', name = '', node = '', address = '', ready, ending = '']) => ({
        app,
        name,
        node,
        address,
        ready: ready === 'True' && ending === '',
      })),
      corefile: corefile.join('--\n'),
    };
  },
};

function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** `$1` is HOST:PORT of the API server. A cluster without Calico has no kinds of Calico's. */
const POLICIES = [
  `k="kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=10s get --all-namespaces"`,
  `f='{range .items[*]}{.kind}{" "}{.metadata.namespace}{"/"}{.metadata.name}{"\\n"}{end}'`,
  '$k networkpolicies.networking.k8s.io -o jsonpath="$f" || exit 1',
  'for kind in globalnetworkpolicies networkpolicies; do $k $kind.crd.projectcalico.org -o jsonpath="$f" 2>/dev/null; done',
  'true',
].join('; ');

/** Every network policy of a cluster, as `KIND NAMESPACE/NAME`, of a cluster-wide one `KIND NAME`. */
export const networkPolicies: Fact<{ readonly server: string }, readonly string[]> = {
  name: 'network policies',
  command: ({ server }) => ['sh', '-c', POLICIES, 'network-policies', server],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    return rowsOf(stdout).map(([line = '']) => line.replace(' /', ' '));
  },
};
