import { parseDocument } from 'yaml';
import { KonvoyError } from '../../core/errors.ts';
import type { Change } from '../../core/plan.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { type ClusterNode, type ClusterState, UPGRADE_ANNOTATION } from '../../facts/cluster-state.ts';
import { waitForHealth } from '../etcd/wait-for.ts';
import type { Writers } from '../kind.ts';
import { drainNode } from './drain-node.ts';
import { runKubeadm } from './kubeadm.ts';
import type { KubeadmVerb } from './kubeadm-failed.ts';
import {
  countEtcdMembers,
  type MemberAtWork,
  nodeOf,
  readState,
  startWork,
  waitForNode,
  waitForPrograms,
} from './member-health.ts';
import { VERSION } from './member-state.ts';

/**
 * Brings a member to the wanted release, or an upgrade that was begun to its end. What is there already stays, whoever
 * did it: kubeadm and kubelet say what they are of. The next host must not begin before this one is well.
 */
export async function upgradeMember(change: Change<ClusterMemberResource>, writers: Writers): Promise<void> {
  const wanted = change.resource;
  const upgrade = await startWork(wanted, writers);
  const { writer } = upgrade;
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
async function replaceAll(verb: KubeadmVerb, node: ClusterNode, members: number, upgrade: MemberAtWork): Promise<void> {
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

/** Their programs come with a change of their own, before this one. */
async function refuseOtherPrograms({ wanted: { host, version }, writer }: MemberAtWork): Promise<void> {
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

async function replacePrograms(verb: KubeadmVerb, { wanted, writer, step }: MemberAtWork): Promise<void> {
  const args = verb === 'upgrade apply' ? [`v${wanted.version}`, '--yes'] : [];
  step(['kubeadm', verb, ...args].join(' '));
  await runKubeadm(writer, verb, [wanted.upgrade], args);
}
