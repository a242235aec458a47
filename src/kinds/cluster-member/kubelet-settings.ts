import { KonvoyError } from '../../core/errors.ts';
import { type JsonObject, objectAt, textAt } from '../../core/json.ts';
import { KUBELET_CONFIG_MAP } from '../../facts/cluster-state.ts';
import { objectsIn } from '../../facts/kubectl-json.ts';
import { editConfiguration, type FieldDifference } from '../component-configuration.ts';
import { waitForHealth } from '../etcd/wait-for.ts';
import { replaceObject } from '../kube-object/replace-object.ts';
import { runKubeadm } from './kubeadm.ts';
import { type MemberAtWork, waitForNode } from './member-health.ts';
import { KUBELET_CONFIG } from './seen-settings.ts';

/** The kubelet's configuration from before, until the new one has proved itself. */
const KEPT = '/var/lib/kubelet/config.yaml.konvoy-before';

/** What of the kubelet's fields is not as wanted. */
interface KubeletDifferences {
  readonly onHost: readonly FieldDifference[];
  readonly inCluster: readonly FieldDifference[];
}

/**
 * Gives a kubelet its wanted configuration, which kubeadm makes of the one in the cluster. Pods go on meanwhile. Where the
 * kubelet does not come up with it, both are put back.
 */
export async function changeKubelet(member: MemberAtWork, { onHost, inCluster }: KubeletDifferences): Promise<void> {
  const { wanted, writer, step } = member;
  if (onHost.length + inCluster.length === 0) return;
  if (inCluster.length > 0 && wanted.role === 'worker') {
    throw new KonvoyError(`${wanted.host} waits for the control planes: they bring the kubelets’ configuration first`, {
      hint: 'let them take part in the run, and put right what keeps them from it',
    });
  }
  if (onHost.length > 0) await writer.run(['cp', '-p', '--', KUBELET_CONFIG, KEPT]);
  const takeBack = inCluster.length > 0 ? await changeInCluster(member, inCluster) : async () => undefined;
  if (onHost.length === 0) return;
  try {
    await runKubeadm(writer, 'upgrade node phase kubelet-config', [wanted.upgrade]);
    await restartKubelet(member);
  } catch (error) {
    step('the kubelet’s configuration from before comes back');
    await writer.run(['mv', '-f', '--', KEPT, KUBELET_CONFIG]);
    await restartKubelet(member).finally(takeBack);
    throw error;
  }
  await writer.run(['rm', '-f', '--', KEPT]);
}

async function restartKubelet(member: MemberAtWork): Promise<void> {
  const { wanted, writer, step } = member;
  step('the kubelet restarts');
  await writer.run(['systemctl', 'restart', '--', 'kubelet.service']);
  await waitForHealth(writer, 'kubelet', wanted.controlPlane.port);
  await waitForNode(member);
}

/** Changes fields of the ConfigMap; all else in it stays. Returns how to take that back. */
async function changeInCluster(
  { living, step }: MemberAtWork,
  differences: readonly FieldDifference[],
): Promise<() => Promise<unknown>> {
  const { name, key } = KUBELET_CONFIG_MAP;
  step('the kubelets’ configuration in the cluster changes');
  const command = living.kubectl('--namespace=kube-system', 'get', 'configmap', name, '--output=json');
  const [object] = objectsIn((await living.writer.run(command)).stdout);
  const text = textAt(object, 'data', key);
  if (object === undefined || text === undefined) {
    throw new KonvoyError(`the ConfigMap ${name} in kube-system has no ${key}`);
  }
  const withText = (map: JsonObject, content: string) => ({
    ...map,
    data: { ...objectAt(map, 'data'), [key]: content },
  });
  const replaced = await replaceObject(living, withText(object, editConfiguration(text, differences)));
  return () => replaceObject(living, withText(replaced, text));
}
