import { ask, type Ask, type FactView } from '../../core/fact.ts';
import type { Change, Observed } from '../../core/plan.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { ADMIN_CONF, askCluster, type ClusterView, MEMBER_RECORD, readCluster } from '../../facts/cluster-state.ts';
import { PKI_FOLDER } from '../../facts/etcdctl.ts';
import { fileContent } from '../../facts/file-content.ts';
import { fileDigest } from '../../facts/file-digest.ts';
import { fileStat } from '../../facts/file-stat.ts';
import { staticPodVersions } from '../../facts/static-pod-versions.ts';
import { type UnitState, unitState } from '../../facts/unit-state.ts';
import { seeing } from '../seeing.ts';
import { type ClusterSettings, readClusterSettings } from './cluster-settings.ts';
import { type MemberRecord, parseMemberRecord } from './member-record.ts';
import type { SeenSettings } from './member-settings.ts';
import { askSettings, readSettings } from './seen-settings.ts';

/** What kubeadm and etcd leave on a host; each of them tells of a cluster. */
const TRACES = [
  ADMIN_CONF,
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/manifests/kube-apiserver.yaml',
  '/var/lib/etcd/member',
] as const;

/** The certificate that every member of a cluster has: two with the same are members of one cluster. */
const CA_CERTIFICATE = `${PKI_FOLDER}/ca.crt`;

/** The fields of a host that is no member, of one that is of another release or whose upgrade was begun, and whose kubelet does not run. */
export const MEMBER = 'member';
export const VERSION = 'version';
export const UPGRADE = 'upgrade';
export const KUBELET = 'kubelet';

/** How a host was found. */
export interface MemberState {
  readonly record: MemberRecord | undefined;
  /** Paths of Kubernetes that are there. */
  readonly traces: readonly string[];
  readonly cluster: Exclude<ClusterView, { is: 'unknown' }>;
  /** Whether the cluster has a node of the host's name. */
  readonly isNode: boolean;
  /** Whether the host trusts the CA of the living cluster; undefined where there is none, or the host trusts nobody. */
  readonly sameCa: boolean | undefined;
  readonly kubelet: UnitState;
  /** The releases that the host's programs are of, `v1.36.3` by name: those of a control plane as they are to run, the kubelet as it runs. */
  readonly versions: ReadonlyMap<string, string>;
  /** Whether konvoy has begun to upgrade it and not ended. */
  readonly isUpgrading: boolean;
  /** What its programs were given. */
  readonly settings: SeenSettings;
  /** What members that join would be given. */
  readonly clusterSettings: ClusterSettings | undefined;
}

function questions({ host, role, controlPlane }: ClusterMemberResource) {
  return {
    record: askRecord({ host }),
    traces: TRACES.map((path) => ask(fileStat, host, { path })),
    ca: ask(fileDigest, host, { path: CA_CERTIFICATE }),
    kubelet: ask(unitState, host, { unit: 'kubelet.service' }),
    staticPods: role === 'control-plane' ? [ask(staticPodVersions, host, undefined)] : [],
    cluster: askCluster(controlPlane),
    clusterCa: controlPlane.hosts.map((address) => ask(fileDigest, address, { path: CA_CERTIFICATE })),
  };
}

/** What konvoy remembers of the host. */
export function askRecord({ host }: Pick<ClusterMemberResource, 'host'>): Ask<string | undefined> {
  return ask(fileContent, host, { path: MEMBER_RECORD });
}

/** Every question of `readMember`. */
export function askMember(wanted: ClusterMemberResource): readonly Ask[] {
  const { record, traces, ca, kubelet, staticPods, cluster, clusterCa } = questions(wanted);
  return [record, ...traces, ca, kubelet, ...staticPods, ...askSettings(wanted), ...cluster, ...clusterCa];
}

/** Puts the answers together, or says why that cannot be done. */
export function readMember(wanted: ClusterMemberResource, facts: FactView): Observed<MemberState> {
  return seeing(facts, (get) => {
    const asked = questions(wanted);
    const [record, ca, kubelet] = [get(asked.record), get(asked.ca), get(asked.kubelet)];
    const traces = TRACES.filter((_, index) => {
      const question = asked.traces[index];
      return question !== undefined && get(question) !== undefined;
    });
    const cluster = readCluster(wanted.controlPlane, facts);
    if (cluster.is === 'unknown') {
      return { is: 'unreadable', why: `whether there is a cluster cannot be known: ${cluster.why}` };
    }
    const node = cluster.is === 'living' ? cluster.state.nodes.find(({ name }) => name === wanted.host) : undefined;
    const staticPods = asked.staticPods.flatMap((question) => [...get(question)]);
    const state = {
      record: record === undefined ? undefined : parseMemberRecord(record),
      traces,
      cluster,
      isNode: node !== undefined,
      sameCa: compareCa(ca, cluster, wanted, facts),
      kubelet,
      versions: new Map([...staticPods, ...(node === undefined ? [] : [['kubelet', node.version] as const])]),
      isUpgrading: node?.upgrading !== undefined,
      settings: readSettings(wanted, get),
      clusterSettings: cluster.is === 'living' ? readClusterSettings(cluster.state) : undefined,
    };
    return { is: 'present', state };
  });
}

function compareCa(
  digest: string | undefined,
  cluster: ClusterView,
  wanted: ClusterMemberResource,
  facts: FactView,
): boolean | undefined {
  if (cluster.is !== 'living' || digest === undefined) return undefined;
  const index = wanted.controlPlane.hosts.indexOf(cluster.at);
  const question = questions(wanted).clusterCa[index];
  const theirs = question === undefined ? undefined : facts.get(question);
  return theirs?.ok ? theirs.value === digest : undefined;
}

/** Whether a change brings a control plane to another release. */
export function upgradesControlPlane({ resource, fields }: Change): boolean {
  return (
    resource.kind === 'cluster-member' &&
    resource.role === 'control-plane' &&
    fields.some(({ field }) => field === VERSION)
  );
}
