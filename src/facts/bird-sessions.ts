import type { Fact } from '../core/fact.ts';
import { quoteWord } from '../core/shell-quote.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

/** A BGP session as BIRD on one node sees it. */
export interface BirdSession {
  readonly node: string;
  /** BIRD's name of it: `Mesh_10_0_50_12`, `Node_…`, `Global_…`. */
  readonly protocol: string;
  readonly established: boolean;
}

/** How many nodes are asked at once: each costs the API server a connection to a kubelet. */
const AT_ONCE = 16;

/** Lines are short, so those of several nodes do not mix: `NODE PROTOCOL INFO`, or `NODE - -` where no BIRD answers. */
const ASK_BIRD = `out=$(kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=10s --namespace=kube-system exec "$3" --container=calico-node -- birdcl -s /var/run/calico/bird.ctl show protocols 2>/dev/null) || { echo "$2 - -"; exit 0; }
printf '%s\\n' "$out" | awk -v node="$2" '$2 == "BGP" { print node, $1, $6; fflush() }'`;

const PROGRAM = `${BELONGS_TO_NONE}
kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=10s --namespace=kube-system get pods --selector=k8s-app=calico-node --output=jsonpath='{range .items[*]}{.spec.nodeName} {.metadata.name}{"\\n"}{end}' |
  xargs -r -P ${AT_ONCE} -L 1 sh -c ${quoteWord(ASK_BIRD)} sh "$1"`;

/** The sessions of every BIRD that answers, asked in its pod; none where there is no cluster. */
export const birdSessions: Fact<{ readonly address: string; readonly port: number }, readonly BirdSession[]> = {
  name: 'BGP sessions',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse: (output) =>
    linesOfCluster(output).flatMap((line) => {
      const [node = '', protocol = '-', info] = line.split(' ');
      return protocol === '-' ? [] : [{ node, protocol, established: info === 'Established' }];
    }),
};
