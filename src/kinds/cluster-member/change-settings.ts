import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { apiReady, MEMBER_RECORD } from '../../facts/cluster-state.ts';
import { fileContent } from '../../facts/file-content.ts';
import { askWriterAll } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';
import { putBackStaticPods, type ReplacedPods, replaceStaticPods } from '../static-pods.ts';
import { compareClusterSettings, readClusterSettings, settingsBefore, withSettings } from './cluster-settings.ts';
import { runKubeadm, withDocuments } from './kubeadm.ts';
import { changeKubelet } from './kubelet-settings.ts';
import { countEtcdMembers, type MemberAtWork, readState, startWork, waitForPrograms } from './member-health.ts';
import { parseMemberRecord, rememberMember } from './member-record.ts';
import { compareSettings, type SettingsDifference, wantedSettings } from './member-settings.ts';
import { replaceCertificate } from './replace-certificate.ts';
import { askSettings, readSettings } from './seen-settings.ts';

/**
 * Gives a member the settings that cluster.yaml has now: the certificate and the programs of a control plane, then the
 * kubelet. What does not come up is taken back. What members that join are given follows once it has proved itself here.
 */
export async function changeSettings(wanted: ClusterMemberResource, writers: Writers): Promise<void> {
  const member = await startWork(wanted, writers);
  const { writer } = member;
  const question = ask(fileContent, wanted.host, { path: MEMBER_RECORD });
  const { get } = await askWriterAll(writer, [question, ...askSettings(wanted)]);
  const cluster = readClusterSettings(await readState(member));
  const record = get(question);
  const recorded = (record === undefined ? undefined : parseMemberRecord(record).settings) ?? settingsBefore(cluster);
  const after = wantedSettings(wanted);
  const differs = compareSettings(after, recorded, readSettings(wanted, get), wanted.role);
  const { cluster: inCluster, kubelet: inKubeletConfig } = compareClusterSettings(after, recorded, cluster);
  if (wanted.role === 'control-plane') {
    const documents = documentsFor(wanted, cluster.configuration);
    await changeControlPlane(member, documents, differs, writers);
    if (inCluster.length > 0) {
      member.step('kubeadm’s configuration in the cluster follows');
      await runKubeadm(writer, 'init phase upload-config kubeadm', documents);
    }
  }
  await changeKubelet(member, { onHost: differs.kubelet, inCluster: inKubeletConfig });
  await rememberMember(writer, after);
}

/** kubeadm's documents for a host of this cluster: what others have put into its configuration stays. */
function documentsFor({ host, init }: ClusterMemberResource, living: JsonObject | undefined): readonly JsonObject[] {
  if (living === undefined) {
    throw new KonvoyError(`${host}: the ConfigMap kubeadm-config in kube-system is not there, or cannot be read`, {
      hint: 'kubectl --namespace=kube-system get configmap kubeadm-config --output=yaml',
    });
  }
  return init.flatMap((document) => {
    if (document.kind === 'ClusterConfiguration') return [withSettings(living, document)];
    return document.kind === 'InitConfiguration' ? [document] : [];
  });
}

async function changeControlPlane(
  member: MemberAtWork,
  documents: readonly JsonObject[],
  { certificate, apiServer, etcd }: SettingsDifference,
  writers: Writers,
): Promise<void> {
  const { writer, step } = member;
  if (certificate.length + apiServer.length + etcd.length === 0) return;
  const members = await countEtcdMembers(member);
  await refuseSilentOthers(member, writers);
  if (certificate.length > 0) {
    step('a new certificate for the API server');
    await replaceCertificate(writer, documents);
  }
  if (apiServer.length + etcd.length === 0) return;
  const pods: ReplacedPods = etcd.length === 0 ? ['kube-apiserver'] : ['kube-apiserver', 'etcd'];
  step(`replaces ${pods.join(' and ')}`);
  await withDocuments(writer, documents, (path) => replaceStaticPods(writer, pods, path));
  try {
    await waitForPrograms(members, member);
  } catch (error) {
    step(`puts ${pods.join(' and ')} from before back`);
    await putBackStaticPods(writer, pods);
    await waitForPrograms(members, member);
    throw error;
  }
}

/** Where another control plane's API server is not well, this one may be the last. */
async function refuseSilentOthers({ wanted }: MemberAtWork, { hosts }: Writers): Promise<void> {
  const { host, controlPlane } = wanted;
  for (const other of controlPlane.hosts.filter((each) => each !== host)) {
    const question = ask(apiReady, other, { address: other, port: controlPlane.port });
    try {
      // False: it is no member yet.
      (await askWriterAll(await hosts.writer(other), [question])).get(question);
    } catch (error) {
      throw new KonvoyError(
        `the API server of ${other} is not well: ${host} is left alone, as it may be the last one`,
        {
          hint: 'konvoy check kubernetes says more; mend that first',
          cause: error,
        },
      );
    }
  }
}
