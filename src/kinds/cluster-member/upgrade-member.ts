import { parseDocument } from 'yaml';
import type { HostWriter } from '../../connections/host.ts';
import { ConnectionError, KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import type { Change } from '../../core/plan.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import {
  type ClusterNode,
  type ClusterState,
  clusterState,
  UPGRADE_ANNOTATION,
  waitsForNetwork,
} from '../../facts/cluster-state.ts';
import { etcdEndpoint } from '../../facts/etcdctl.ts';
import { etcdHealth } from '../../facts/etcd-health.ts';
import { askWriter } from '../ask-writer.ts';
import { waitForEtcd, waitForHealth, waitUntil } from '../etcd/wait-for.ts';
import type { Writers } from '../kind.ts';
import { type ApiHost, apiHost, findLivingControlPlane, needLivingControlPlane } from '../kubectl.ts';
import { drainNode } from './drain-node.ts';
import { runKubeadm } from './kubeadm.ts';
import type { KubeadmVerb } from './kubeadm-failed.ts';
import { VERSION } from './member-state.ts';

interface Upgrade {
  readonly wanted: ClusterMemberResource;
  readonly writer: HostWriter;
  /** Another host's API server, where there is one: it goes on while this host's restarts. */
  readonly living: ApiHost;
  step(text: string): void;
}

/**
 * Brings a member to the wanted release, or an upgrade that was begun to its end. What is there already stays, whoever
 * did it: kubeadm and kubelet say what they are of. The next host must not begin before this one is well.
 */
export async function upgradeMember(change: Change<ClusterMemberResource>, { hosts, step }: Writers): Promise<void> {
  const wanted = change.resource;
  const writer = await hosts.writer(wanted.host);
  const upgrade: Upgrade = { wanted, writer, step, living: await findApi(wanted, writer, hosts) };
  const { writer: api, kubectl } = upgrade.living;
  const state = await readState(upgrade);
  const node = nodeOf(state, upgrade);
  const members = wanted.role === 'control-plane' ? await countEtcdMembers(upgrade) : 0;
  const before = node.upgrading ?? (node.unschedulable ? 'closed' : 'open');
  if (change.fields.some(({ field }) => field === VERSION)) {
    await refuseOtherPrograms(upgrade);
    if (wanted.role === 'worker') refuseBeforeControlPlanes(state, wanted);
    await api.run(kubectl('annotate', '--overwrite', 'node', wanted.host, `${UPGRADE_ANNOTATION}=${before}`));
    await replaceAll(kubeadmVerb(state, wanted), node, members, upgrade);
  }
  await waitForNode(upgrade);
  await waitForHealth(writer, 'kubelet', wanted.controlPlane.port);
  if (wanted.role === 'control-plane') await waitForPrograms(members, upgrade);
  if (before === 'open') await api.run(kubectl('uncordon', wanted.host));
  await api.run(kubectl('annotate', 'node', wanted.host, `${UPGRADE_ANNOTATION}-`));
}

/** The programs of a control plane run beside its pods; for the kubelet, whose settings may change, these go elsewhere. */
async function replaceAll(verb: KubeadmVerb, node: ClusterNode, members: number, upgrade: Upgrade): Promise<void> {
  const { wanted, writer, living, step } = upgrade;
  const isControlPlane = wanted.role === 'control-plane';
  if (isControlPlane) {
    await replacePrograms(verb, upgrade);
    await waitForPrograms(members, upgrade);
  }
  if (node.version === `v${wanted.version}`) return;
  step(`drain ${wanted.host}`);
  await drainNode(living, wanted.host, { unmanaged: 'keep' });
  if (!isControlPlane) await replacePrograms(verb, upgrade);
  step('the kubelet restarts');
  await writer.run(['systemctl', 'daemon-reload']);
  await writer.run(['systemctl', 'restart', '--', 'kubelet.service']);
}

async function findApi(
  { host, role, controlPlane }: ClusterMemberResource,
  writer: HostWriter,
  hosts: Writers['hosts'],
): Promise<ApiHost> {
  if (role === 'worker') return await needLivingControlPlane(controlPlane, hosts);
  return (await findLivingControlPlane(controlPlane, hosts, [host])) ?? apiHost(writer, controlPlane.port);
}

async function readState({ wanted, living }: Upgrade): Promise<ClusterState> {
  const question = ask(clusterState, living.host, { address: living.host, port: wanted.controlPlane.port });
  const state = await askWriter(living.writer, question);
  if (state === undefined) throw new KonvoyError(`${living.host} belongs to no cluster any more`);
  return state;
}

function nodeOf({ nodes }: ClusterState, { wanted: { host } }: Upgrade): ClusterNode {
  const node = nodes.find(({ name }) => name === host);
  if (node === undefined) throw new KonvoyError(`${host} is no node of the cluster any more`);
  return node;
}

/** Their programs come with a change of their own, before this one. */
async function refuseOtherPrograms({ wanted: { host, version }, writer }: Upgrade): Promise<void> {
  const outputs = await writer.query([
    ['kubeadm', 'version', '--output=short'],
    ['kubelet', '--version'],
  ]);
  const [kubeadm, kubelet] = outputs.map(({ stdout }) => stdout.trim());
  if (kubeadm === `v${version}` && kubelet === `Kubernetes v${version}`) return;
  throw new KonvoyError(
    `${host} has no programs of ${version}: kubeadm is "${kubeadm ?? ''}", kubelet is "${kubelet ?? ''}"`,
    { hint: 'something else stands before /usr/local/bin on that host’s PATH, or was put there since' },
  );
}

/** A kubelet must not be newer than any API server (kubernetes.io, "Version skew policy"). */
function refuseBeforeControlPlanes({ nodes }: ClusterState, wanted: ClusterMemberResource): void {
  const behind = nodes
    .filter(({ name, version }) => wanted.controlPlane.hosts.includes(name) && version !== `v${wanted.version}`)
    .map(({ name, version }) => `${name} is ${version}`);
  if (behind.length === 0) return;
  throw new KonvoyError(`${wanted.host} waits for the control planes: ${behind.join(', ')}`, {
    hint: 'let them take part in the run, and put right what keeps them from it; workers come after them',
  });
}

/** How many members etcd has. Throws where one is not well that is not this host's: it would have no majority. */
async function countEtcdMembers({ wanted: { host }, living }: Upgrade): Promise<number> {
  const members = await askWriter(living.writer, ask(etcdHealth, living.host, undefined));
  const sick = members.filter(({ healthy, endpoint }) => !healthy && endpoint !== etcdEndpoint(host));
  if (sick.length === 0 && members.length > 0) return members.length;
  const list = sick.map(({ endpoint }) => endpoint).join(', ');
  throw new KonvoyError(`etcd is not well at ${list}: ${host} is not upgraded, as that might stop the cluster`, {
    hint: 'konvoy check kubernetes says more; mend that first',
  });
}

/**
 * `apply` changes the cluster's own configuration, too, and is there for the first control plane; it may be done again. The
 * kubelet of a control plane is replaced when all of it was done.
 */
function kubeadmVerb({ configuration, nodes }: ClusterState, wanted: ClusterMemberResource): KubeadmVerb {
  if (wanted.role === 'worker') return 'upgrade node';
  const release = `v${wanted.version}`;
  const isDone = nodes.some(
    ({ name, version }) => name !== wanted.host && wanted.controlPlane.hosts.includes(name) && version === release,
  );
  const configured = parseDocument(configuration, { schema: 'core' }).get('kubernetesVersion');
  return isDone && configured === release ? 'upgrade node' : 'upgrade apply';
}

async function replacePrograms(verb: KubeadmVerb, { wanted, writer, step }: Upgrade): Promise<void> {
  const args = verb === 'upgrade apply' ? [`v${wanted.version}`, '--yes'] : [];
  step(['kubeadm', verb, ...args].join(' '));
  await runKubeadm(writer, verb, [wanted.upgrade], args);
}

async function waitForPrograms(members: number, { wanted, writer, living }: Upgrade): Promise<void> {
  await waitForEtcd(living.writer, members);
  for (const program of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
    await waitForHealth(writer, program, wanted.controlPlane.port);
  }
}

/** Ready, but for a network that there may not be yet, and of the wanted release. */
async function waitForNode(upgrade: Upgrade): Promise<void> {
  const { host, version } = upgrade.wanted;
  const askWhy = async () => {
    try {
      const node = nodeOf(await readState(upgrade), upgrade);
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
