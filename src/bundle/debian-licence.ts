import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLocal } from './local-command.ts';

/**
 * The short names of the licences that a `.deb` file declares in its copyright file; where that is not in the
 * machine-readable form (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/), where its text is.
 */
export async function licenceOfDebianPackage(path: string, name: string): Promise<string> {
  const copyright = `usr/share/doc/${name}/copyright`;
  const folder = await mkdtemp(join(tmpdir(), 'konvoy-licence-'));
  try {
    await runLocal('dpkg-deb', ['--extract', path, folder]);
    const text = await readFile(join(folder, copyright), 'utf8').catch(() => '');
    return shortLicenceNames(text) ?? `see /${copyright}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The distinct values of the `License:` fields, in order of appearance; undefined where there is none. */
export function shortLicenceNames(copyright: string): string | undefined {
  if (!/^Format:/m.test(copyright)) return undefined;
  const names = [...copyright.matchAll(/^License:[ \t]*(\S.*?)[ \t]*$/gm)].map((match) => match[1]);
  return names.length === 0 ? undefined : [...new Set(names)].join(', ');
}
