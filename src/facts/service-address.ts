import { type Fact, FactUnreadable } from '../core/fact.ts';
import { BELONGS_TO_NONE, ADMIN_CONF } from './cluster-state.ts';

interface ServiceQuestion {
  readonly address: string;
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
}

/** The address of a service from outside, and what the load balancer last said of it. */
export interface ServiceAddress {
  /** An IPv4 address or a DNS name; empty while it waits for one. */
  readonly ingress: string;
  /** The newest event about it. */
  readonly said: string;
}

const INGRESS = '{.status.loadBalancer.ingress[0].ip}{.status.loadBalancer.ingress[0].hostname}';
const PROGRAM = [
  BELONGS_TO_NONE,
  `k="kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s --namespace=$2 get"`,
  `$k service "$3" --output=jsonpath='${INGRESS}{"\\n"}' || exit 1`,
  `$k events --field-selector=involvedObject.kind=Service,involvedObject.name="$3" --sort-by=.lastTimestamp --output=jsonpath='{range .items[*]}{.message}{"\\n"}{end}'`,
].join('; ');

/** The address that a load balancer gave to a service. */
export const serviceAddress: Fact<ServiceQuestion, ServiceAddress> = {
  name: 'the address of a service',
  command: ({ address, port, namespace, name }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`, namespace, name],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const [ingress = '', ...events] = stdout.trimEnd().split('\n');
    return { ingress, said: events.at(-1) ?? '' };
  },
};
