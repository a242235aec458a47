import { type Ask, ask, type CommandOutput, type Fact, FactUnreadable, type FactView } from '../core/fact.ts';
import type { HostAddress } from '../core/address.ts';
import type { NodeTaint } from '../core/resource.ts';
import { type JsonObject, textAt } from '../core/json.ts';
import type { Discovery } from '../core/component.ts';
import { type ControlPlane, controlPlaneOf, type Topology } from '../core/topology.ts';
import { CLUSTER_ID_ANNOTATION } from '../core/bgp-routing.ts';
import { CALICO_STATE_OBJECTS, type CalicoState, calicoStateIn } from './calico-state.ts';
import { objectsIn, objectName } from './kubectl-json.ts';

/** Where kubeadm keeps the credentials of the cluster's administrator. */
export const ADMIN_CONF = '/etc/kubernetes/admin.conf';

/**
 * Where konvoy remembers what it made of a host: `begun` or `member` on the first line, a member's settings on the second.
 * What a killed run has left behind is no part of a cluster.
 */
export const MEMBER_RECORD = '/var/lib/konvoy/cluster-member';

/** Annotations of a node: which of its labels, and which of its taints (`key:effect`), konvoy has put there; comma between. */
export const LABELS_ANNOTATION = 'konvoy.mesosphere.com/labels';
export const TAINTS_ANNOTATION = 'konvoy.mesosphere.com/taints';

/**
 * Annotation of a node whose upgrade konvoy has begun and not ended, and how the node was before: `open` for new pods, or
 * `closed` (cordoned by somebody else).
 */
export const UPGRADE_ANNOTATION = 'konvoy.mesosphere.com/upgrading';

/** A Node object, as far as konvoy looks at it. */
export interface ClusterNode {
  readonly name: string;
  /** Of its kubelet: `v1.36.3`. */
  readonly version: string;
  readonly unschedulable: boolean;
  /** What the condition Ready says: `True`, `False`, `Unknown`. */
  readonly ready: string;
  /** Why it is not ready. */
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  /** The taints that konvoy has put there, as `key:effect`. */
  readonly ownTaints: readonly string[];
  /** The names of labels that konvoy has put there. */
  readonly ownLabels: readonly string[];
  /** How the node was for new pods before konvoy began to upgrade it; undefined where no upgrade is under way. */
  readonly upgrading: 'open' | 'closed' | undefined;
  /** The IPv4 address of its BGP sessions, with the network's prefix; empty until Calico has run there. */
  readonly bgpAddress: string;
  /** Calico's cluster id, where the node reflects routes; else empty. */
  readonly bgpClusterId: string;
  /** Which machine of a cloud it is (`aws:///ZONE/i-…`); empty where nobody has said so. */
  readonly providerId: string;
}

/** kubeadm puts it on control planes; load balancers then bring nothing there (KEP 1143). */
export const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** The taint of a node that no cloud controller has initialised yet (k8s.io/cloud-provider/api, TaintExternalCloudProvider). */
export const UNINITIALIZED_TAINT = 'node.cloudprovider.kubernetes.io/uninitialized';

/** What the kubelet says of a node whose pods have no network yet (pkg/kubelet/nodestatus). */
const NO_NETWORK = /NetworkPluginNotReady|cni plugin not initialized/;

/** Whether a node is not ready for the one reason that its pods have no network yet. */
export function waitsForNetwork({ ready, message }: Pick<ClusterNode, 'ready' | 'message'>): boolean {
  return ready !== 'True' && NO_NETWORK.test(message);
}

/** A cluster as the API server on one of its control-plane hosts sees it. */
export interface ClusterState {
  readonly nodes: readonly ClusterNode[];
  /** ClusterConfiguration as kubeadm keeps it, YAML. Empty where somebody has removed it. */
  readonly configuration: string;
  /** Undefined where it is not installed. */
  readonly calico: CalicoState | undefined;
  /** The text of KubeProxyConfiguration; undefined where kube-proxy's ConfigMap is not there. */
  readonly kubeProxyConfig?: string | undefined;
  /** The text of KubeletConfiguration for members that join; undefined where its ConfigMap is not there. */
  readonly kubeletConfig?: string | undefined;
  /** The text of the Corefile; undefined where CoreDNS's ConfigMap is not there. */
  readonly corefile?: string | undefined;
  /** What konvoy noted of the user's manifests that it applied; undefined where it has applied none. */
  readonly extras?: string | undefined;
}

/** The ConfigMap in kube-system, and its key, in which konvoy notes what it applied of the user's manifests. */
export const EXTRAS_RECORD = { name: 'konvoy-extras', key: 'objects' } as const;

/** kubeadm's ConfigMap in kube-system with the configuration of every kubelet, and its key. */
export const KUBELET_CONFIG_MAP = { name: 'kubelet-config', key: 'kubelet' } as const;

/** Texts of ConfigMaps in kube-system. */
const CONFIG_TEXTS = {
  kubeProxyConfig: { name: 'kube-proxy', key: 'config.conf' },
  kubeletConfig: KUBELET_CONFIG_MAP,
  corefile: { name: 'coredns', key: 'Corefile' },
  extras: EXTRAS_RECORD,
} as const;

/** In jsonpath a dot within a name has a backslash before it. */
function annotation(name: string): string {
  return `.metadata.annotations.${name.replaceAll('.', '\\.')}`;
}

const NODE_FIELDS = [
  '.metadata.name',
  '.status.nodeInfo.kubeletVersion',
  '.spec.unschedulable',
  '.metadata.labels',
  '.spec.taints',
  annotation(TAINTS_ANNOTATION),
  annotation(LABELS_ANNOTATION),
  annotation(UPGRADE_ANNOTATION),
  annotation('projectcalico.org/IPv4Address'),
  annotation(CLUSTER_ID_ANNOTATION),
  '.spec.providerID',
  '.status.conditions[?(@.type=="Ready")]',
];
/** jsonpath prints maps and lists as JSON, on one line. */
const NODES = `{range .items[*]}${NODE_FIELDS.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;

/** Exit code for "no cluster here". */
export const NO_CLUSTER = 44;

/** Ends a shell program with `NO_CLUSTER` on a host that belongs to none. */
export const BELONGS_TO_NONE = `[ -e ${ADMIN_CONF} ] || exit ${NO_CLUSTER}; grep -qs '^begun' ${MEMBER_RECORD} && exit ${NO_CLUSTER}`;

const CONFIG_MAPS = Object.values(CONFIG_TEXTS)
  .map(({ name }) => `configmap/${name}`)
  .join(' ');

/**
 * Asks the host's own API server, not the virtual address: who holds that does not matter here. `$1` is the host's address,
 * with the port.
 */
const PROGRAM = [
  BELONGS_TO_NONE,
  `k="kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get"`,
  `$k nodes -o jsonpath='${NODES}' || exit 1`,
  "echo '--'",
  `$k --namespace=kube-system configmap/kubeadm-config ${CONFIG_MAPS} ${CALICO_STATE_OBJECTS.join(' ')} --ignore-not-found -o json`,
].join('; ');

const READY_PROGRAM = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get --raw=/readyz`;

function jsonOf(text: string | undefined, empty: unknown): unknown {
  if (text === undefined || text === '') return empty;
  try {
    return JSON.parse(text);
  } catch {
    throw new FactUnreadable(`kubectl printed "${text.slice(0, 80)}"`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  );
}

/** ClusterConfiguration among objects of kube-system; empty where kubeadm's ConfigMap is not there. */
function configurationIn(objects: readonly JsonObject[]): string {
  return configTextIn(objects, { name: 'kubeadm-config', key: 'ClusterConfiguration' }) ?? '';
}

function configTextIn(objects: readonly JsonObject[], { name, key }: { name: string; key: string }) {
  return textAt(
    objects.find((object) => objectName(object) === `ConfigMap kube-system/${name}`),
    'data',
    key,
  );
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;

function taintOf(value: unknown): NodeTaint[] {
  const { key = '', value: text = '', effect } = stringsOf(value);
  const known = EFFECTS.find((one) => one === effect);
  return known === undefined ? [] : [{ key, value: text, effect: known }];
}

function listOf(text: string): readonly string[] {
  return text.split(',').filter((item) => item !== '');
}

function nodeOf(line: string): ClusterNode {
  const [
    name = '',
    version = '',
    unschedulable,
    labels,
    taints,
    ownTaints = '',
    ownLabels = '',
    upgrading = '',
    bgpAddress = '',
    bgpClusterId = '',
    providerId = '',
    condition,
  ] = line.split('\t');
  const listed = jsonOf(taints, []);
  const { status = 'Unknown', message = '' } = stringsOf(jsonOf(condition, {}));
  return {
    name,
    version,
    unschedulable: unschedulable === 'true',
    ready: status,
    message,
    labels: stringsOf(jsonOf(labels, {})),
    taints: Array.isArray(listed) ? listed.flatMap(taintOf) : [],
    ownTaints: listOf(ownTaints),
    ownLabels: listOf(ownLabels),
    upgrading: upgrading === '' ? undefined : upgrading === 'open' ? 'open' : 'closed',
    bgpAddress,
    bgpClusterId,
    providerId,
  };
}

/** Whether a control-plane host belongs to a cluster and its API server is ready; an API server that is not is unreadable. */
export const apiReady: Fact<{ readonly address: string; readonly port: number }, boolean> = {
  name: 'the API server',
  command: ({ address, port }) => ['sh', '-c', READY_PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return false;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || stdout.trim() || `kubectl ended with exit code ${exit}`);
    return true;
  },
};

/**
 * The cluster that a control-plane host belongs to; undefined where it belongs to none. An API server that does not answer
 * is unreadable, which is something else.
 */
export const clusterState: Fact<{ readonly address: string; readonly port: number }, ClusterState | undefined> = {
  name: 'the cluster',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const at = stdout.indexOf('--\n');
    if (at === -1) throw new FactUnreadable('kubectl printed no nodes');
    const nodes = stdout
      .slice(0, at)
      .split('\n')
      .filter((line) => line !== '');
    const objects = objectsIn(stdout.slice(at + '--\n'.length));
    return {
      nodes: nodes.map(nodeOf),
      configuration: configurationIn(objects),
      calico: calicoStateIn(objects),
      kubeProxyConfig: configTextIn(objects, CONFIG_TEXTS.kubeProxyConfig),
      kubeletConfig: configTextIn(objects, CONFIG_TEXTS.kubeletConfig),
      corefile: configTextIn(objects, CONFIG_TEXTS.corefile),
      extras: configTextIn(objects, CONFIG_TEXTS.extras),
    };
  },
};

/**
 * The lines that a program printed which begins with `BELONGS_TO_NONE`; none where there is no cluster. Throws
 * `FactUnreadable` where kubectl failed.
 */
export function linesOfCluster({ exit, stdout, stderr }: CommandOutput): readonly string[] {
  if (exit === NO_CLUSTER) return [];
  if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
  return stdout.split('\n').filter((line) => line !== '');
}

/** What the names of Services and pods end with, by kubeadm's ClusterConfiguration. */
export function dnsDomainOf({ configuration }: ClusterState): string {
  return /^ +dnsDomain: *"?([a-z0-9.-]+)"?$/m.exec(configuration)?.[1] ?? 'cluster.local';
}

/** What is known of the cluster from all its control-plane hosts together. */
export type ClusterView =
  /** Every one of them was asked, and none belongs to a cluster. */
  | { readonly is: 'none' }
  /** `at` is a host whose API server answers. */
  | { readonly is: 'living'; readonly at: HostAddress; readonly state: ClusterState }
  /** There is one and it does not answer, or some host that might belong to one cannot be asked. */
  | { readonly is: 'unknown'; readonly why: string };

function questionAt(host: HostAddress, port: number): Ask<ClusterState | undefined> {
  return ask(clusterState, host, { address: host, port });
}

/** The questions of `readCluster`. */
export function askCluster({ hosts, port }: ControlPlane): readonly Ask<ClusterState | undefined>[] {
  return hosts.map((host) => questionAt(host, port));
}

/** Puts together what the control-plane hosts say; the first one whose API server answers speaks for the cluster. */
export function readCluster({ hosts, port }: ControlPlane, facts: FactView): ClusterView {
  const silent: string[] = [];
  for (const host of hosts) {
    const answer = facts.get(questionAt(host, port));
    if (!answer.ok) silent.push(`${host}: ${answer.why}`);
    else if (answer.value !== undefined) return { is: 'living', at: host, state: answer.value };
  }
  return silent.length === 0 ? { is: 'none' } : { is: 'unknown', why: silent.join('; ') };
}

/** The cluster where an API server of it answers; undefined where there is none, or it does not answer. */
export function livingCluster(
  controlPlane: ControlPlane,
  facts: FactView,
): Extract<ClusterView, { readonly is: 'living' }> | undefined {
  const cluster = readCluster(controlPlane, facts);
  return cluster.is === 'living' ? cluster : undefined;
}

/** Which control-plane host the cluster is asked through: the one that answers, or the one that will found it. */
export function discoverSpeaker<S extends object>(
  section: S | undefined,
  topology: Topology,
): Discovery<(S & { readonly at?: HostAddress | undefined }) | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: askCluster(controlPlane),
    settle: (facts) => ({
      section: { ...section, at: livingCluster(controlPlane, facts)?.at ?? controlPlane.hosts[0] },
      diagnostics: [],
    }),
  };
}
