import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import { type JsonObject, objectAt } from '../../core/json.ts';
import type { KubeProxyResource } from '../../core/resource.ts';
import {
  type KubeProxyState,
  kubeProxyState,
  PROXY_CONFIG_ANNOTATION,
  PROXY_CONFIG_KEY,
  PROXY_LEAVES_ANNOTATION,
  PROXY_NAME,
  PROXY_NAMESPACE,
} from '../../facts/kube-proxy-state.ts';
import { askWriter } from '../ask-writer.ts';
import { editConfiguration, readConfiguration } from '../component-configuration.ts';
import type { Writers } from '../kind.ts';
import { type ApiHost, apiHost } from '../kubectl.ts';
import { applyObjects } from '../kube-object/apply-objects.ts';
import { replaceObject } from '../kube-object/replace-object.ts';
import { waitForRollout } from '../kube-object/wait-for-rollout.ts';
import { differences, digestOfData, modeOf } from './configuration.ts';
import { removeLeftRules } from './leftover-rules.ts';

/**
 * Seconds that a pod has to run before it counts. kubeadm's DaemonSet has no readiness probe, so without this a pod that ends
 * at once would count as well, and the next node's would be taken away, too.
 */
const STEADY_SECONDS = 5;

/** What is konvoy's of the DaemonSet. */
interface ProxyMarks {
  /** The digest that pods are started for; undefined: they stay as they are. */
  readonly startedFor: string | undefined;
  readonly leaves: readonly string[];
}

function daemonSet({ startedFor, leaves }: ProxyMarks): JsonObject {
  const annotations = leaves.length === 0 ? {} : { annotations: { [PROXY_LEAVES_ANNOTATION]: leaves.join(',') } };
  const template =
    startedFor === undefined
      ? {}
      : { template: { metadata: { annotations: { [PROXY_CONFIG_ANNOTATION]: startedFor } } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: PROXY_NAME, namespace: PROXY_NAMESPACE, ...annotations },
    spec: { minReadySeconds: STEADY_SECONDS, ...template },
  };
}

/** Starts the pods anew for what the ConfigMap says, node after node. */
async function rollOut(api: ApiHost, marks: ProxyMarks, writers: Writers): Promise<void> {
  const object = daemonSet(marks);
  writers.step('kube-proxy starts anew, node after node');
  await applyObjects(api, [object]);
  await waitForRollout(api, object, writers);
}

/** Writes another text; where the pods do not come up with it, the one from before comes back. */
async function changeConfiguration(
  api: ApiHost,
  state: KubeProxyState,
  text: string,
  { leaves, writers }: { readonly leaves: readonly string[]; readonly writers: Writers },
): Promise<string> {
  const withText = (object: JsonObject, config: string): JsonObject => ({
    ...object,
    data: { ...objectAt(object, 'data'), [PROXY_CONFIG_KEY]: config },
  });
  const replaced = await replaceObject(api, withText(state.configMap, text));
  const digest = digestOfData(replaced);
  try {
    await rollOut(api, { startedFor: digest, leaves }, writers);
  } catch (error) {
    writers.step('the configuration from before comes back');
    await replaceObject(api, withText(replaced, state.config));
    await rollOut(api, { startedFor: digestOfData(state.configMap), leaves }, writers);
    throw error;
  }
  return digest;
}

/**
 * Brings kube-proxy to what is wanted: konvoy's fields of the configuration, pods that run what the ConfigMap says, and no
 * rules of a mode that was left. Which mode is left is noted before anything changes, so a run that is killed is finished by
 * the next one.
 */
export async function writeKubeProxy(wanted: KubeProxyResource, writers: Writers): Promise<void> {
  const { host, port, fields, nodes } = wanted;
  const api = apiHost(await writers.hosts.writer(host), port);
  const state = await askWriter(api.writer, ask(kubeProxyState, host, { address: host, port }));
  const configuration = state && readConfiguration(state.config);
  if (state === undefined || configuration === undefined) {
    throw new KonvoyError('the ConfigMap kube-proxy in kube-system is not there, or cannot be read', {
      hint: 'kubectl --namespace=kube-system edit configmap kube-proxy',
    });
  }
  const edits = differences(configuration, fields);
  const mode = String(fields.mode);
  const before = modeOf(configuration);
  const leaves = [...new Set([...state.leaves, ...(before === mode ? [] : [before])])];
  const current = { startedFor: state.startedFor, leaves };
  if (leaves.length > state.leaves.length) await applyObjects(api, [daemonSet(current)]);
  let digest = digestOfData(state.configMap);
  if (edits.length > 0) {
    const text = editConfiguration(state.config, edits);
    digest = await changeConfiguration(api, state, text, { leaves, writers });
  } else if (state.startedFor !== digest) await rollOut(api, { startedFor: digest, leaves }, writers);
  if (writers.signal.aborted || leaves.length === 0) return;
  for (const left of leaves.filter((each) => each !== mode)) {
    writers.step(`rules of the mode ${left} go`);
    await Promise.all(nodes.map(async (node) => removeLeftRules(await writers.hosts.writer(node), { left, mode })));
  }
  await applyObjects(api, [daemonSet({ startedFor: digest, leaves: [] })]);
}
