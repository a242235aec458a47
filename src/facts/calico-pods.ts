import type { Fact } from '../core/fact.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

/** A pod of calico-node. */
export interface CalicoPod {
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
const PROGRAM = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s --namespace=kube-system get pods --selector=k8s-app=calico-node -o jsonpath='${LINES}'`;

/** The pods of calico-node; none where there is no cluster. Asks the host's own API server. */
export const calicoPods: Fact<{ readonly address: string; readonly port: number }, readonly CalicoPod[]> = {
  name: 'pods of calico-node',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse: (output) =>
    linesOfCluster(output).map((line) => {
      const [node = '', ready, restarts, waits = ''] = line.split('\t');
      return { node, ready: ready === 'true', restarts: Number(restarts ?? 0), waits };
    }),
};
