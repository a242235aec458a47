import { KonvoyError } from '../../core/errors.ts';
import type { ApiHost } from '../kubectl.ts';
import { removeEtcdMember } from './etcd-member.ts';

/** Seconds that pods may take to move elsewhere. */
const DRAIN_SECONDS = 300;

/** `node` and what the condition Ready says; nothing where there is no node. */
const READY = 'node {.status.conditions[?(@.type=="Ready")].status}';

/**
 * Lets a node leave a cluster that goes on: no new pods, those that are there move on, then it is no member of etcd and no
 * node any more. A node that does not report is not waited for: its pods run nowhere, or will be told to end.
 */
export async function takeLeave(living: ApiHost, name: string, step: (text: string) => void): Promise<void> {
  const { writer, kubectl } = living;
  const asked = ['get', 'node', name, '--ignore-not-found', `--output=jsonpath=${READY}`];
  const [node] = await writer.query([kubectl(...asked)]);
  if (node !== undefined && node.exit === 0 && node.stdout !== '') {
    await writer.run(kubectl('cordon', name));
    if (node.stdout !== 'node Unknown') {
      step(`drain ${name}`);
      const args = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', `--timeout=${DRAIN_SECONDS}s`];
      const { exit, stderr } = await writer.run(kubectl('drain', name, ...args), {
        expect: 'any',
        timeoutMs: (DRAIN_SECONDS + 30) * 1000,
      });
      if (exit !== 0) {
        throw new KonvoyError(`${name} cannot be drained: ${stderr.trim().split('\n').slice(-3).join('; ')}`, {
          hint: 'a PodDisruptionBudget or a pod that does not end is in the way; put that right, or delete the pod, and run the same again: the node stays cordoned',
        });
      }
    }
  }
  step(`${name} leaves the cluster`);
  await removeEtcdMember(living, name);
  await writer.run(kubectl('delete', 'node', name, '--ignore-not-found'));
}
