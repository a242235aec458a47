import type { HostWriter } from '../../connections/host.ts';
import { ConnectionError, KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { type ClusterNode, type ClusterState, clusterState, waitsForNetwork } from '../../facts/cluster-state.ts';
import { etcdEndpoint } from '../../facts/etcdctl.ts';
import { etcdHealth } from '../../facts/etcd-health.ts';
import { askWriter } from '../ask-writer.ts';
import { waitForEtcd, waitForHealth, waitUntil } from '../etcd/wait-for.ts';
import type { Writers } from '../kind.ts';
import { type ApiHost, apiHost, findLivingControlPlane, needLivingControlPlane } from '../kubectl.ts';

/** A member of a living cluster whose programs are to be replaced or to start anew. */
export interface MemberAtWork {
  readonly wanted: ClusterMemberResource;
  readonly writer: HostWriter;
  /** Another host's API server, where there is one: it goes on while this host's restarts. */
  readonly living: ApiHost;
  step(text: string): void;
}

/** Finds an API server for work on a member, another host's where there is one. */
export async function startWork(
  wanted: ClusterMemberResource,
  { hosts, step }: Pick<Writers, 'hosts' | 'step'>,
): Promise<MemberAtWork> {
  const { host, role, controlPlane } = wanted;
  const writer = await hosts.writer(host);
  const living =
    role === 'worker'
      ? await needLivingControlPlane(controlPlane, hosts)
      : ((await findLivingControlPlane(controlPlane, hosts, [host])) ?? apiHost(writer, controlPlane.port));
  return { wanted, writer, living, step };
}

/** The cluster as it is now. */
export async function readState({ wanted, living }: MemberAtWork): Promise<ClusterState> {
  const question = ask(clusterState, living.host, { address: living.host, port: wanted.controlPlane.port });
  const state = await askWriter(living.writer, question);
  if (state === undefined) throw new KonvoyError(`${living.host} belongs to no cluster any more`);
  return state;
}

/** The member's own node. */
export function nodeOf({ nodes }: ClusterState, { wanted: { host } }: MemberAtWork): ClusterNode {
  const node = nodes.find(({ name }) => name === host);
  if (node === undefined) throw new KonvoyError(`${host} is no node of the cluster any more`);
  return node;
}

/** How many members etcd has. Throws where one is not well that is not this host's: it would have no majority. */
export async function countEtcdMembers({ wanted: { host }, living }: MemberAtWork): Promise<number> {
  const members = await askWriter(living.writer, ask(etcdHealth, living.host, undefined));
  const sick = members.filter(({ healthy, endpoint }) => !healthy && endpoint !== etcdEndpoint(host));
  if (sick.length === 0 && members.length > 0) return members.length;
  const list = sick.map(({ endpoint }) => endpoint).join(', ');
  throw new KonvoyError(`etcd is not well at ${list}: ${host} is left alone, as its restart might stop the cluster`, {
    hint: 'konvoy check kubernetes says more; mend that first',
  });
}

/** Waits until all `members` of etcd and the programs of this control plane are well. */
export async function waitForPrograms(members: number, { wanted, writer, living }: MemberAtWork): Promise<void> {
  await waitForEtcd(living.writer, members);
  for (const program of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
    await waitForHealth(writer, program, wanted.controlPlane.port);
  }
}

/** Waits until the node is ready, but for a network that there may not be yet, and of the wanted release. */
export async function waitForNode(member: MemberAtWork): Promise<void> {
  const { host, version } = member.wanted;
  const askWhy = async () => {
    try {
      const node = nodeOf(await readState(member), member);
      if (node.version !== `v${version}`) return `node ${host} says that it is of ${node.version}`;
      return node.ready === 'True' || waitsForNetwork(node) ? undefined : `node ${host} is not ready: ${node.message}`;
    } catch (error) {
      // An API server may miss its etcd for a moment.
      if (error instanceof KonvoyError && !(error instanceof ConnectionError)) return error.message;
      throw error;
    }
  };
  await waitUntil(askWhy, `look at \`journalctl -u kubelet\` on ${host}; then run the same again`);
}
