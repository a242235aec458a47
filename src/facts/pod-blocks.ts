import type { Fact } from '../core/fact.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

/** A block of pod addresses that belongs to a node. */
export interface PodBlock {
  /** `192.168.109.0/26`. */
  readonly cidr: string;
  readonly node: string;
}

const LINES = '{range .items[*]}{.spec.cidr}{" "}{.spec.affinity}{"\\n"}{end}';
const PROGRAM = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=10s get ipamblocks.crd.projectcalico.org --output=jsonpath='${LINES}'`;

/** The blocks that nodes have their pods' addresses from, as Calico's IPAM keeps them. Those of no node are left out. */
export const podBlocks: Fact<{ readonly address: string; readonly port: number }, readonly PodBlock[]> = {
  name: 'blocks of pod addresses',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse: (output) =>
    linesOfCluster(output).flatMap((line) => {
      const [cidr = '', affinity = ''] = line.split(' ');
      return affinity.startsWith('host:') ? [{ cidr, node: affinity.slice('host:'.length) }] : [];
    }),
};
