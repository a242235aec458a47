import type { HostWriter } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import type { Change } from '../../core/plan.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { MEMBER_RECORD } from '../../facts/cluster-state.ts';
import { fileContent } from '../../facts/file-content.ts';
import { askWriter } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';
import { type ApiHost, apiHost, findLivingControlPlane } from '../kubectl.ts';
import { createToken, deleteToken, hashOfCa, newToken, TOKEN_LIFE } from './bootstrap-token.ts';
import { CertificatesDiffer, carryCertificates, readCa } from './certificates.ts';
import { changeSettings } from './change-settings.ts';
import { cleanHost } from './clean-host.ts';
import { removeEtcdMember } from './etcd-member.ts';
import { runKubeadm } from './kubeadm.ts';
import { KubeadmFailed } from './kubeadm-failed.ts';
import { forgetMember, rememberBegun, rememberMember } from './member-record.ts';
import { wantedSettings } from './member-settings.ts';
import { KUBELET, MEMBER, UPGRADE, VERSION } from './member-state.ts';
import { takeLeave } from './take-leave.ts';
import { upgradeMember } from './upgrade-member.ts';

/** Seconds until a kubelet that has its credentials must have registered. */
const NODE_SECONDS = 60;

/**
 * Makes a host a member, finishes what a killed run began, upgrades it, gives it other settings, starts its kubelet, or takes
 * Kubernetes off it.
 */
export async function writeMember(change: Change<ClusterMemberResource>, writers: Writers): Promise<void> {
  const { resource: wanted, fields } = change;
  const writer = await writers.hosts.writer(wanted.host);
  if (wanted.ensure === 'absent') {
    if (wanted.staying.length > 0) {
      const staying = { ...wanted.controlPlane, hosts: wanted.staying };
      const living = await findLivingControlPlane(staying, writers.hosts);
      if (living !== undefined) await takeLeave(living, wanted.host, writers.step);
    }
    writers.step('takes Kubernetes off the host');
    return await cleanHost(writer, 'leaves');
  }
  if (fields.some(({ field }) => field === VERSION || field === UPGRADE)) return await upgradeMember(change, writers);
  if (fields.every(({ field }) => field === KUBELET)) {
    await writer.run(['systemctl', 'start', '--', 'kubelet.service']);
    return;
  }
  if (fields.every(({ field }) => field !== MEMBER)) return await changeSettings(wanted, writers);
  const living = await findLivingControlPlane(wanted.controlPlane, writers.hosts, [wanted.host]);
  await cleanHalf(wanted, writer, living, writers);
  await rememberBegun(writer);
  await writer.run(['systemctl', 'daemon-reload']);
  await writer.run(['systemctl', 'enable', '--quiet', '--', 'kubelet.service']);
  try {
    if (living === undefined) await found(wanted, writer, writers);
    else await join(wanted, writer, living, writers);
  } catch (error) {
    // Nothing was begun, and what is in the way is somebody's: the next run must not clean it away.
    if (hasChangedNothing(error)) await forgetMember(writer);
    throw error;
  }
  await waitForNode(wanted, living ?? apiHost(writer, wanted.controlPlane.port));
  await rememberMember(writer, wantedSettings(wanted));
}

function hasChangedNothing(error: unknown): boolean {
  return error instanceof CertificatesDiffer || (error instanceof KubeadmFailed && error.refused);
}

/** kubeadm ends when the kubelet has its credentials; the kubelet registers its node a moment later. */
async function waitForNode({ host }: ClusterMemberResource, { writer, kubectl }: ApiHost): Promise<void> {
  const { exit, stderr } = await writer.run(
    kubectl('wait', '--for=create', `node/${host}`, `--timeout=${NODE_SECONDS}s`),
    {
      expect: 'any',
    },
  );
  if (exit === 0) return;
  throw new KonvoyError(`${host}: its kubelet has not registered the node within ${NODE_SECONDS} s: ${stderr.trim()}`, {
    hint: `look at \`journalctl -u kubelet\` on ${host}; the next run cleans the host and begins there again`,
  });
}

/** What a run has left that was killed on the way, here and in the cluster. */
async function cleanHalf(
  { host, role }: ClusterMemberResource,
  writer: HostWriter,
  living: ApiHost | undefined,
  { step }: Writers,
): Promise<void> {
  if ((await askWriter(writer, ask(fileContent, host, { path: MEMBER_RECORD }))) === undefined) return;
  step('cleans what an earlier run has left half-way');
  if (living !== undefined) {
    if (role === 'control-plane') await removeEtcdMember(living, host);
    await living.writer.run(living.kubectl('delete', 'node', host, '--ignore-not-found'));
  }
  await cleanHost(writer, 'joins');
}

async function found(wanted: ClusterMemberResource, writer: HostWriter, { step }: Writers): Promise<void> {
  const [first] = wanted.controlPlane.hosts;
  if (wanted.host !== first) {
    throw new KonvoyError(`there is no cluster that ${wanted.host} could join`, {
      hint: `the first control-plane host, ${first ?? '?'}, founds it: see what is wrong there, and let it take part in the run`,
    });
  }
  // kubeadm makes a token that lives for a day unless it is given one.
  const token = newToken();
  const bootstrapTokens = [
    {
      token: token.whole.reveal(),
      ttl: TOKEN_LIFE,
      usages: ['signing', 'authentication'],
      groups: ['system:bootstrappers:kubeadm:default-node-token'],
    },
  ];
  step('kubeadm init');
  await runKubeadm(
    writer,
    'init',
    wanted.init.map((document) =>
      document.kind === 'InitConfiguration' ? { ...document, bootstrapTokens } : document,
    ),
    ['--skip-token-print', '--skip-certificate-key-print'],
  );
  await deleteToken(apiHost(writer, wanted.controlPlane.port), token);
}

async function join(
  wanted: ClusterMemberResource,
  writer: HostWriter,
  living: ApiHost,
  { step }: Writers,
): Promise<void> {
  let carried: readonly string[] = [];
  if (wanted.role === 'control-plane') {
    step(`certificates from ${living.host}`);
    carried = await carryCertificates(living.writer, writer);
  }
  const caCertHashes = [hashOfCa(await readCa(living.writer))];
  const token = await createToken(living);
  try {
    const bootstrapToken = { apiServerEndpoint: wanted.endpoint, token: token.whole.reveal(), caCertHashes };
    step(`kubeadm join, let in by ${living.host}`);
    await runKubeadm(writer, 'join', [{ ...wanted.join, discovery: { bootstrapToken } }]);
  } catch (error) {
    if (hasChangedNothing(error) && carried.length > 0) await writer.run(['rm', '-f', '--', ...carried]);
    throw error;
  } finally {
    await deleteToken(living, token);
  }
}
