import { type Fact, FactUnreadable } from '../core/fact.ts';
import { ADMIN_CONF } from './cluster-state.ts';

const NETWORKS = '{range .items[*]}{.spec.hostNetwork}{"\\n"}{end}';
const PROGRAM = `exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get pods --all-namespaces --field-selector=spec.nodeName=$2,status.phase=Running --output=jsonpath='${NETWORKS}'`;

/**
 * How many pods with addresses of their own run on a node; those that use the host's network do not depend on routes to
 * pods. Asks the API server of the host at `address`.
 */
export const podsOnNode: Fact<{ readonly address: string; readonly port: number; readonly node: string }, number> = {
  name: 'pods of a node',
  command: ({ address, port, node }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`, node],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    return stdout
      .split('\n')
      .slice(0, -1)
      .filter((hostNetwork) => hostNetwork !== 'true').length;
  },
};
