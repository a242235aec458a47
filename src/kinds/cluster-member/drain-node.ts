import { KonvoyError } from '../../core/errors.ts';
import type { ApiHost } from '../kubectl.ts';

/** Seconds that pods may take to move elsewhere. */
const DRAIN_SECONDS = 300;

/**
 * Closes a node for new pods and lets those that are there move on; those of DaemonSets stay. `unmanaged`: what becomes of
 * pods that nobody would make again elsewhere; where they are to stay, one of them keeps the node from being drained.
 */
export async function drainNode(
  { writer, kubectl }: ApiHost,
  name: string,
  { unmanaged }: { readonly unmanaged: 'delete' | 'keep' },
): Promise<void> {
  await writer.run(kubectl('cordon', name));
  const args = ['--ignore-daemonsets', '--delete-emptydir-data', `--timeout=${DRAIN_SECONDS}s`];
  const force = unmanaged === 'delete' ? ['--force'] : [];
  const { exit, stderr } = await writer.run(kubectl('drain', name, ...args, ...force), {
    expect: 'any',
    timeoutMs: (DRAIN_SECONDS + 30) * 1000,
  });
  if (exit === 0) return;
  throw new KonvoyError(`${name} cannot be drained: ${stderr.trim().split('\n').slice(-3).join('; ')}`, {
    hint: 'a PodDisruptionBudget, a pod that does not end or one that nobody would make again is in the way; put that right, or delete the pod, and run the same again: the node stays cordoned',
  });
}
