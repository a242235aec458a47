import { type CommandOutput, type Fact, FactUnreadable } from '../core/fact.ts';
import { CTR_ASKING, isWithoutContainerd } from './containerd-client.ts';

/** `complete (3/3)`; or unpacked: a containerd that throws unpacked layers away can still start it. */
const USABLE = /^(\S+) .*( complete \(|\strue\s*$)/;

function parseCheck(output: CommandOutput): ReadonlySet<string> | undefined {
  if (isWithoutContainerd(output)) return undefined;
  const { exit, stdout, stderr } = output;
  const [header = '', ...lines] = stdout.split('\n');
  // One image that is broken is exit code 1, and told among the others.
  if (!header.startsWith('REF ')) {
    if (exit === 0) return new Set();
    throw new FactUnreadable(stderr.trim() || `ctr ended with exit code ${exit}`);
  }
  return new Set(lines.flatMap((line) => USABLE.exec(line)?.[1] ?? []));
}

/**
 * References of the images that containerd has for the kubelet with all that belongs to them; undefined where there is no
 * containerd, or none that runs.
 */
export const containerdImages: Fact<Record<string, never>, ReadonlySet<string> | undefined> = {
  name: 'containerd-images',
  command: () => [...CTR_ASKING, 'images', 'check'],
  parse: parseCheck,
};
