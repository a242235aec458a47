import { type Argv, type Fact, FactUnreadable } from '../core/fact.ts';
import { ADMIN_CONF } from './cluster-state.ts';
import type { ProbePlace } from './probe-answers.ts';

/** A pod of `konvoy verify`. */
export interface ProbePod {
  readonly name: string;
  readonly node: string;
  /** An IPv4 literal; empty before it has one. */
  readonly address: string;
  readonly running: boolean;
  /** Why it is not; empty where nobody has said so yet. */
  readonly why: string;
}

/** A Service of `konvoy verify`. */
export interface ProbeService {
  readonly name: string;
  /** `None` of a headless one. */
  readonly clusterAddress: string;
  /** 0 where it has none. */
  readonly nodePort: number;
}

/** What stands in the namespace of a run. */
export interface ProbeObjects {
  readonly pods: readonly ProbePod[];
  readonly services: readonly ProbeService[];
}

const FIELDS = [
  '.kind',
  '.metadata.name',
  '.spec.nodeName',
  '.status.podIP',
  '.status.phase',
  '.status.reason',
  '.status.containerStatuses[0].state.waiting.reason',
  '.spec.clusterIP',
  '.spec.ports[0].nodePort',
];
const OBJECTS = `{range .items[*]}${FIELDS.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;

/** A question about what is in the namespace of a run. */
function getIn({ server, namespace }: ProbePlace, ...what: readonly string[]): Argv {
  const place = [`--server=https://${server}`, '--request-timeout=10s', `--namespace=${namespace}`];
  return ['kubectl', `--kubeconfig=${ADMIN_CONF}`, ...place, 'get', ...what];
}

/** Reasons that every pod has for a moment, and that say nothing. */
const ORDINARY = ['ContainerCreating', 'PodInitializing'];

/** The pods and Services in the namespace of a run of `konvoy verify`. */
export const probeObjects: Fact<ProbePlace, ProbeObjects> = {
  name: 'the pods of this run',
  command: (place) => getIn(place, 'pods,services', `--output=jsonpath=${OBJECTS}`),
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const rows = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
    return {
      pods: rows.flatMap(([kind, name = '', node = '', address = '', phase, reason = '', waiting = '']) => {
        const why = reason || (ORDINARY.includes(waiting) ? '' : waiting);
        return kind === 'Pod' ? [{ name, node, address, running: phase === 'Running' && address !== '', why }] : [];
      }),
      services: rows.flatMap(([kind, name = '', , , , , , clusterAddress = '', nodePort]) =>
        kind === 'Service' ? [{ name, clusterAddress, nodePort: Number(nodePort) || 0 }] : [],
      ),
    };
  },
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What was last said to be wrong with each object of a run's namespace, by its name. */
export const probeWarnings: Fact<ProbePlace, ReadonlyMap<string, string>> = {
  name: 'events of this run',
  command: (place) =>
    getIn(place, 'events', '--field-selector=type=Warning', '--sort-by=.metadata.creationTimestamp', '--output=json'),
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const list: unknown = JSON.parse(stdout);
    const items = isRecord(list) && Array.isArray(list.items) ? list.items : [];
    const found = new Map<string, string>();
    for (const item of items.filter(isRecord)) {
      const about = isRecord(item.involvedObject) ? item.involvedObject.name : undefined;
      if (typeof about === 'string') found.set(about, `${String(item.reason)}: ${String(item.message)}`);
    }
    return found;
  },
};
