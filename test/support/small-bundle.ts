import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BundlePart, writeBundleIndex } from '../../src/bundle/bundle-index.ts';
import { sha256Of } from '../../src/bundle/file-digest.ts';

/** What of a part matters to a test; version 1.0 where it says none. */
export interface SmallPart {
  readonly name: string;
  readonly version?: string;
  readonly file: string;
  readonly data: string | Uint8Array;
}

export const SMALL_PARTS: readonly SmallPart[] = [
  { name: 'kubeadm', version: '1.36.3', file: 'bin/kubeadm', data: 'first program' },
  { name: 'helm', version: '3.22.0', file: 'bin/helm', data: 'second program' },
  { name: 'keepalived', version: '2.2.7', file: 'packages/keepalived_2.2.7_amd64.deb', data: 'package' },
];

/** A new folder with a whole bundle of small files. */
export async function smallBundle(parts: readonly SmallPart[] = SMALL_PARTS): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-bundle-'));
  const index: BundlePart[] = [];
  for (const { name, version, file, data } of parts) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), data);
    index.push({
      name,
      version: version ?? '1.0',
      file,
      size: Buffer.byteLength(data),
      sha256: sha256Of(data),
      licence: 'Apache-2.0',
      origin: 'a test',
    });
  }
  await writeBundleIndex(folder, index);
  return folder;
}
