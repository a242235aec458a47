import { type Fact, FactUnreadable } from '../core/fact.ts';
import { CTR_ASKING, isWithoutContainerd } from './containerd-client.ts';

/** Digests (`sha256:…`) of the blobs that containerd has; undefined where there is no containerd, or none that runs. */
export const containerdBlobs: Fact<Record<string, never>, ReadonlySet<string> | undefined> = {
  name: 'containerd-blobs',
  command: () => [...CTR_ASKING, 'content', 'ls', '--quiet'],
  parse(output) {
    if (isWithoutContainerd(output)) return undefined;
    if (output.exit !== 0) {
      throw new FactUnreadable(output.stderr.trim() || `ctr ended with exit code ${output.exit}`);
    }
    return new Set(output.stdout.split('\n').filter((line) => line !== ''));
  },
};
