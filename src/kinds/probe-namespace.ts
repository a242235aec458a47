import { CommandFailed } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ApiHost } from './kubectl.ts';

/** Makes objects of `konvoy verify`. Throws where the API server refuses one. */
export async function makeProbeObjects({ kubectl, writer }: ApiHost, objects: JsonObject): Promise<void> {
  await writer.run(kubectl('create', '--filename=-', '--output=name'), { stdin: JSON.stringify(objects) });
}

/** Takes a pod out of the Services that it is in by a label. */
export async function takeFromService(
  { kubectl, writer }: ApiHost,
  namespace: string,
  pod: string,
  label: string,
): Promise<void> {
  await writer.run(kubectl(`--namespace=${namespace}`, 'label', 'pod', pod, `${label}-`));
}

/** Takes all network policies out of a namespace of `konvoy verify`. */
export async function removeProbePolicies({ kubectl, writer }: ApiHost, namespace: string): Promise<void> {
  await writer.run(kubectl(`--namespace=${namespace}`, 'delete', 'networkpolicies.networking.k8s.io', '--all'));
}

/**
 * Deletes a namespace of `konvoy verify` with all that is in it, and waits for its end so many seconds at most. False where it
 * is not gone by then: the cluster goes on with it.
 */
export async function deleteProbeNamespace(api: ApiHost, namespace: string, seconds: number): Promise<boolean> {
  const { kubectl, writer } = api;
  const wait = seconds === 0 ? ['--wait=false'] : ['--wait=true', `--timeout=${seconds}s`];
  const command = kubectl('delete', 'namespace', namespace, '--ignore-not-found', ...wait);
  const { exit, stderr } = await writer.run(command, { expect: [0, 1] });
  if (exit === 0) return seconds > 0;
  if (/timed out waiting/.test(stderr)) return false;
  throw new CommandFailed(api.host, command.join(' '), exit, stderr);
}
