import { type Argv, type CommandOutput, type Fact, FactUnreadable } from '../core/fact.ts';

/** containerd's own client, in the namespace of the kubelet. One that hangs is given up; one that works answers in 15 ms. */
export const CTR_ASKING: Argv = ['ctr', '--connect-timeout', '2s', '--timeout', '20s', '--namespace', 'k8s.io'];

/** Nothing listens at containerd's socket. One that listens and gives no answer is told in other words. */
function isNotRunning(stderr: string): boolean {
  return /error while dialing|connection refused|no such file or directory/.test(stderr);
}

/** The lines of an answer; undefined where there is no containerd, or none that runs. */
export function parseLines({ exit, stdout, stderr }: CommandOutput): ReadonlySet<string> | undefined {
  if (exit === 127 || (exit !== 0 && isNotRunning(stderr))) return undefined;
  if (exit !== 0) throw new FactUnreadable(stderr.trim() || `ctr ended with exit code ${exit}`);
  return new Set(stdout.split('\n').filter((line) => line !== ''));
}

/** References of the images that containerd has for the kubelet; undefined where there is no containerd, or none that runs. */
export const containerdImages: Fact<Record<string, never>, ReadonlySet<string> | undefined> = {
  name: 'containerd-images',
  command: () => [...CTR_ASKING, 'images', 'ls', '--quiet'],
  parse: parseLines,
};
