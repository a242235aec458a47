import type { Fact } from '../core/fact.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

interface PodsQuestion {
  readonly address: string;
  readonly port: number;
  /** The value of the label `k8s-app`. */
  readonly app: string;
}

/** A pod of a DaemonSet in kube-system. */
export interface DaemonPod {
  readonly node: string;
  readonly ready: boolean;
  /** Of its container. */
  readonly restarts: number;
  /** Why its container waits, such as `ErrImagePull`; empty where it does not. */
  readonly waits: string;
}

const STATUS = '.status.containerStatuses[0]';
const FIELDS = ['.spec.nodeName', `${STATUS}.ready`, `${STATUS}.restartCount`, `${STATUS}.state.waiting.reason`];
const LINES = `{range .items[*]}${FIELDS.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;
const PROGRAM = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s --namespace=kube-system get pods --selector="k8s-app=$2" -o jsonpath='${LINES}'`;

/** The pods of one DaemonSet; none where there is no cluster. Asks the host's own API server. */
export const daemonPods: Fact<PodsQuestion, readonly DaemonPod[]> = {
  name: 'pods of a DaemonSet',
  command: ({ address, port, app }) => ['sh', '-c', PROGRAM, 'daemon-pods', `${address}:${port}`, app],
  parse: (output) =>
    linesOfCluster(output).map((line) => {
      const [node = '', ready, restarts, waits = ''] = line.split('\t');
      return { node, ready: ready === 'true', restarts: Number(restarts ?? 0), waits };
    }),
};
