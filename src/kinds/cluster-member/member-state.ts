import { ask, type Ask, type FactView } from '../../core/fact.ts';
import type { Observed } from '../../core/plan.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { ADMIN_CONF, askCluster, type ClusterView, MEMBER_RECORD, readCluster } from '../../facts/cluster-state.ts';
import { PKI_FOLDER } from '../../facts/etcdctl.ts';
import { fileContent } from '../../facts/file-content.ts';
import { fileDigest } from '../../facts/file-digest.ts';
import { fileStat } from '../../facts/file-stat.ts';
import { type UnitState, unitState } from '../../facts/unit-state.ts';
import { seeing } from '../seeing.ts';
import { type MemberRecord, parseMemberRecord } from './member-record.ts';

/** What kubeadm and etcd leave on a host; each of them tells of a cluster. */
const TRACES = [
  ADMIN_CONF,
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/manifests/kube-apiserver.yaml',
  '/var/lib/etcd/member',
] as const;

/** The certificate that every member of a cluster has: two with the same are members of one cluster. */
const CA_CERTIFICATE = `${PKI_FOLDER}/ca.crt`;

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
}

function questions({ host, controlPlane }: ClusterMemberResource) {
  return {
    record: askRecord({ host }),
    traces: TRACES.map((path) => ask(fileStat, host, { path })),
    ca: ask(fileDigest, host, { path: CA_CERTIFICATE }),
    kubelet: ask(unitState, host, { unit: 'kubelet.service' }),
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
  const { record, traces, ca, kubelet, cluster, clusterCa } = questions(wanted);
  return [record, ...traces, ca, kubelet, ...cluster, ...clusterCa];
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
    const state = {
      record: record === undefined ? undefined : parseMemberRecord(record),
      traces,
      cluster,
      isNode: cluster.is === 'living' && cluster.state.nodes.some(({ name }) => name === wanted.host),
      sameCa: compareCa(ca, cluster, wanted, facts),
      kubelet,
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
