import type { AddressBlock, BgpSession, BirdView, KnownRoutes, SessionOrigin } from '../core/bgp-sessions.ts';
import { type Fact, FactUnreadable } from '../core/fact.ts';
import { ADMIN_CONF } from './cluster-state.ts';

/** Pods that are asked beside each other: each costs the control plane a process of kubectl. */
const AT_ONCE = 16;
/** Seconds for one of them; a node that is dead does not answer at all. */
const EXEC_SECONDS = 10;

const BIRD = 'birdcl -s /var/run/calico/bird.ctl show';
const KUBECTL = `kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=${EXEC_SECONDS}s`;
const KINDS = 'ippools.crd.projectcalico.org,blockaffinities.crd.projectcalico.org';
const BLOCKS =
  '{range .items[*]}{.kind}{"\\t"}{.spec.disableBGPExport}{"\\t"}{.spec.node}{"\\t"}{.spec.cidr}{"\\t"}{.spec.state}{"\\t"}{.spec.deleted}{"\\n"}{end}';
const PODS = '{range .items[*]}{.spec.nodeName} {.metadata.name}{"\\n"}{end}';

/** Asks one pod: `$1` the API server, `$2` the node, `$3` the pod. Lines are written whole, so those of several do not mix. */
const ASK_POD = `timeout ${EXEC_SECONDS} ${KUBECTL} --namespace=kube-system exec "$3" --container=calico-node -- sh -c "${BIRD} protocols; ${BIRD} route where source = RTS_BGP" 2>&1 | sed -u "s/^/$2\\t/"`;

const PROGRAM = [
  `${KUBECTL} get ${KINDS} --output=jsonpath='${BLOCKS}' || exit 1`,
  `pods=$(${KUBECTL} --namespace=kube-system get pods --selector=k8s-app=calico-node --output=jsonpath='${PODS}') || exit 1`,
  'echo "--"',
  `printf '%s\\n' "$pods" | xargs -r -P ${AT_ONCE} -n 2 sh -c '${ASK_POD}' sh "$1"`,
  'exit 0',
].join('; ');

const SESSION = /^(Mesh|Node|Global)_(\d+)_(\d+)_(\d+)_(\d+)(?:_port_\d+)?$/;

const ORIGINS = ['Mesh', 'Node', 'Global'] as const satisfies readonly SessionOrigin[];

/** The session behind the name of a protocol of BIRD, by Calico's template; undefined for other protocols. */
function sessionOf(protocol: string): BgpSession | undefined {
  const match = SESSION.exec(protocol);
  const origin = ORIGINS.find((one) => one === match?.[1]);
  return match === null || origin === undefined ? undefined : { origin, peer: match.slice(2, 6).join('.') };
}

/** The state of BGP stands behind the time in the last column: `Established`, `Active        Socket: Connection refused`. */
const PROTOCOL = /^(\S+)\s+BGP\s+\S+\s+\S+\s+\S+\s+(.*)$/;
/** Further routes to one destination have an empty first column. */
const ROUTE = /^(\S*)\s+(via|dev|unreachable|blackhole)\b.*\[(\S+) /;

/** What `show protocols` and `show route` of one BIRD printed; why it said nothing, where it did not. */
function parseBird(lines: readonly string[]): BirdView | { readonly why: string } {
  if (!lines.some((line) => /^BIRD .* ready\.$/.test(line))) {
    return { why: lines.filter((line) => line.trim() !== '').join('; ') || 'BIRD says nothing' };
  }
  const sessions: (BgpSession & { state: string })[] = [];
  const routes = new Map<string, BgpSession[]>();
  let destination = '';
  for (const line of lines) {
    const [, name = '', info = ''] = PROTOCOL.exec(line) ?? [];
    const session = sessionOf(name);
    if (session !== undefined) sessions.push({ ...session, state: info.trim().replaceAll(/\s+/g, ' ') || 'down' });
    const [, to = '', how, protocol = ''] = ROUTE.exec(line) ?? [];
    if (to !== '') destination = to;
    const over = how === 'via' || how === 'dev' ? sessionOf(protocol) : undefined;
    if (over !== undefined) routes.set(destination, [...(routes.get(destination) ?? []), over]);
  }
  return { sessions, routes };
}

function blockOf(line: string): AddressBlock[] {
  const [kind, , node = '', cidr = '', state, deleted] = line.split('\t');
  const isTaken = kind === 'BlockAffinity' && state === 'confirmed' && deleted !== 'true';
  return isTaken ? [{ node, cidr }] : [];
}

/**
 * The routes that the nodes of a cluster know, as BIRD on each of them says, and the blocks of pod addresses that there are.
 * Asks the host's own API server, and through it the pods of calico-node; for clusters with Calico and BGP.
 */
export const knownRoutes: Fact<{ readonly address: string; readonly port: number }, KnownRoutes> = {
  name: 'the routes of the nodes',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    const at = stdout.startsWith('--\n') ? 0 : stdout.indexOf('\n--\n') + 1;
    if (exit !== 0 || !stdout.startsWith('--\n', at)) {
      throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    }
    const byNode = new Map<string, string[]>();
    for (const line of stdout.slice(at + '--\n'.length).split('\n')) {
      const tab = line.indexOf('\t');
      if (tab === -1) continue;
      const lines = byNode.get(line.slice(0, tab)) ?? [];
      byNode.set(line.slice(0, tab), lines);
      lines.push(line.slice(tab + 1));
    }
    const objects = stdout.slice(0, at).split('\n');
    return {
      views: new Map([...byNode].map(([node, lines]) => [node, parseBird(lines)])),
      blocks: objects.flatMap(blockOf),
      allTold: !objects.some((line) => line.startsWith('IPPool\ttrue\t')),
    };
  },
};
