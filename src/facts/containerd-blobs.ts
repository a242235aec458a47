import type { Fact } from '../core/fact.ts';
import { CTR_ASKING, parseLines } from './containerd-images.ts';

/** Digests (`sha256:…`) of the blobs that containerd has; undefined where there is no containerd, or none that runs. */
export const containerdBlobs: Fact<Record<string, never>, ReadonlySet<string> | undefined> = {
  name: 'containerd-blobs',
  command: () => [...CTR_ASKING, 'content', 'ls', '--quiet'],
  parse: parseLines,
};
