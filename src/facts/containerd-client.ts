import type { Argv, CommandOutput } from '../core/fact.ts';

/** containerd's own client, in the namespace of the kubelet. One that hangs is given up; one that works takes 20 ms. */
export const CTR_ASKING: Argv = ['ctr', '--connect-timeout', '2s', '--timeout', '20s', '--namespace', 'k8s.io'];

/** There is no containerd, or nothing listens at its socket. One that listens and gives no answer is told in other words. */
export function isWithoutContainerd({ exit, stderr }: CommandOutput): boolean {
  return exit === 127 || (exit !== 0 && /error while dialing|connection refused/.test(stderr));
}
