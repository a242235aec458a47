import { type Fact, FactUnreadable } from '../core/fact.ts';
import { ADDON_NAMESPACE } from '../core/helm-release.ts';
import { type JsonObject, textAt } from '../core/json.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { parseJsonObject } from './kubectl-json.ts';

/** A pod of MetalLB's. */
export interface MetallbPod {
  readonly name: string;
  /** `controller` or `speaker`. */
  readonly component: string;
  /** Empty while no node is found for it. */
  readonly node: string;
  readonly ready: boolean;
  readonly restarts: number;
  /** Why a container of it waits, such as `ErrImagePull`; empty where none does. */
  readonly waits: string;
}

/** What a part of MetalLB says of the configuration that it was given. */
export interface ConfigurationVerdict {
  readonly component: string;
  /** Of a speaker; empty for the controller. */
  readonly node: string;
  /** `Valid`, `Invalid` or `Unknown`. */
  readonly result: string;
  readonly errors: string;
}

/** A node that announces a service. */
export interface Announcement {
  readonly by: 'layer2' | 'bgp';
  /** `namespace/name` of the service. */
  readonly service: string;
  readonly node: string;
  /** Links, or names of peers. */
  readonly through: readonly string[];
}

/** A ConfigMap of a MetalLB before 0.13. */
export interface FormerConfigMap {
  /** `namespace/name`. */
  readonly name: string;
  /** Its key `config`: YAML, with passwords of BGP sessions; empty where it has none. */
  readonly config: string;
}

/** How MetalLB is, beyond what it was told. */
export interface MetallbRuntime {
  readonly pods: readonly MetallbPod[];
  readonly verdicts: readonly ConfigurationVerdict[];
  readonly announcements: readonly Announcement[];
  readonly formerConfigMaps: readonly FormerConfigMap[];
  /** Routers that Calico's own BGP has sessions with, beside nodes. */
  readonly calicoPeers: readonly string[];
  /** Whether speakers announce from nodes that are kept out of load balancers. */
  readonly ignoresExclusion: boolean;
}

const line = (...fields: readonly string[]) =>
  `{range .items[*]}${fields.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;

const PODS = line(
  '.metadata.name',
  '.metadata.labels.component',
  '.spec.nodeName',
  '.status.conditions[?(@.type=="Ready")].status',
  '.status.containerStatuses[*].restartCount',
  '.status.containerStatuses[*].state.waiting.reason',
  '.spec.containers[?(@.name=="speaker")].args',
);
const VERDICTS = line(
  '.metadata.labels.metallb\\.io/component-type',
  '.metadata.labels.metallb\\.io/node-name',
  '.status.result',
  '.status.errorSummary',
);
const announced = (through: string) =>
  line('.status.serviceNamespace', '.status.serviceName', '.status.node', `.status.${through}`);

/** What MetalLB says by objects of its own; a MetalLB that lacks one of these kinds says nothing of it. */
const STATUSES = [
  ['verdicts', 'ConfigurationState', 'configurationstates.metallb.io', VERDICTS],
  ['layer2', 'ServiceL2Status', 'servicel2statuses.metallb.io', announced('interfaces[*].name')],
  ['bgp', 'ServiceBGPStatus', 'servicebgpstatuses.metallb.io', announced('peers[*]')],
] as const;

/** All of them in one question, told apart by their kind. */
const TOGETHER = STATUSES.map(
  ([name, kind, , fields]) => `--${name}{"\\n"}${fields.replace('.items[*]', `.items[?(@.kind=="${kind}")]`)}`,
).join('');

/** As MetalLB's own manifests name it, and as the chart of Konvoy's time does: after its release where it has configInline. */
const FORMER: JsonObject = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { name: 'config', namespace: 'metallb-system' },
    { name: 'config', namespace: ADDON_NAMESPACE },
    { name: 'metallb-config', namespace: ADDON_NAMESPACE },
    { name: `metallb-${ADDON_NAMESPACE}`, namespace: ADDON_NAMESPACE },
  ].map((metadata) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata })),
};
const MAPS = '{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\t"}{.data}{"\\n"}{end}';

/** Four processes of kubectl: the selectors differ. One more for each kind of status where not all are there. */
const PROGRAM = [
  BELONGS_TO_NONE,
  `k="kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s"; n=--namespace=${ADDON_NAMESPACE}`,
  `echo '--pods'; $k $n get pods --selector=app=metallb --output=jsonpath='${PODS}' || exit 1`,
  `$k $n get ${STATUSES.map(([, , kinds]) => kinds).join(',')} --output=jsonpath='${TOGETHER}' 2>/dev/null || {`,
  ...STATUSES.map(
    ([name, , kinds, fields]) => `echo '--${name}'; $k $n get ${kinds} --output=jsonpath='${fields}' 2>/dev/null`,
  ),
  '}',
  `echo '--former'; printf '%s' '${JSON.stringify(FORMER)}' | $k get --filename=- --ignore-not-found --output=jsonpath='${MAPS}'`,
  "echo '--calico'",
  `$k get bgppeers.crd.projectcalico.org --output=jsonpath='{range .items[*]}{.spec.peerIP}{"\\n"}{end}' 2>/dev/null`,
  'true',
].join('\n');

function partsOf(stdout: string): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  let own: string[] = [];
  for (const text of stdout.split('\n')) {
    const name = /^--([a-z0-9]+)$/.exec(text)?.[1];
    if (name === undefined) own.push(...(text === '' ? [] : [text]));
    else {
      own = [];
      parts.set(name, own);
    }
  }
  return parts;
}

function announcementsIn(lines: readonly string[], by: Announcement['by']): readonly Announcement[] {
  return lines.map((text) => {
    const [namespace = '', name = '', node = '', through = ''] = text.split('\t');
    return { by, service: `${namespace}/${name}`, node, through: through.split(' ').filter((each) => each !== '') };
  });
}

/** An error of several lines begins with a line of four fields; the others are its rest. */
function verdictsIn(lines: readonly string[]): readonly ConfigurationVerdict[] {
  const verdicts: ConfigurationVerdict[] = [];
  for (const text of lines) {
    const [component = '', node, result, ...errors] = text.split('\t');
    const last = verdicts.at(-1);
    if (node === undefined || result === undefined) {
      if (last !== undefined) verdicts[verdicts.length - 1] = { ...last, errors: `${last.errors}; ${text}` };
    } else verdicts.push({ component, node, result, errors: errors.join(' ') });
  }
  return verdicts;
}

/** jsonpath prints a map as JSON, in one line. */
function configMapOf(text: string): FormerConfigMap {
  const [name = '', data = ''] = text.split('\t');
  return { name, config: textAt(parseJsonObject(data) ?? {}, 'config') ?? '' };
}

/** MetalLB as it runs; undefined where there is no cluster. Asks the host's own API server. */
export const metallbRuntime: Fact<{ readonly address: string; readonly port: number }, MetallbRuntime | undefined> = {
  name: 'MetalLB as it runs',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const parts = partsOf(stdout);
    const linesOf = (name: string) => parts.get(name) ?? [];
    if (!parts.has('calico')) throw new FactUnreadable('kubectl did not answer to the end');
    return {
      pods: linesOf('pods').map((text) => {
        const [name = '', component = '', node = '', ready, restarts = '', waits = ''] = text.split('\t');
        const counts = restarts.split(' ').map(Number);
        return { name, component, node, ready: ready === 'True', restarts: Math.max(0, ...counts), waits };
      }),
      verdicts: verdictsIn(linesOf('verdicts')),
      announcements: [...announcementsIn(linesOf('layer2'), 'layer2'), ...announcementsIn(linesOf('bgp'), 'bgp')],
      formerConfigMaps: linesOf('former').map(configMapOf),
      calicoPeers: linesOf('calico'),
      ignoresExclusion: linesOf('pods').some((text) => text.includes('--ignore-exclude-lb')),
    };
  },
};
