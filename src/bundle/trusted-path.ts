import { lstat } from 'node:fs/promises';
import { BundleInvalid } from './bundle-index.ts';

/** The bit of a file's mode that lets everybody write. */
const WRITABLE_BY_ALL = 0o002;

/**
 * Fails where somebody else could put something else in place of what lies at this path: everybody may write there, or
 * it belongs to another user than root and the one who runs this.
 */
export async function assertOnlyWeWrite(path: string): Promise<void> {
  const { mode, uid } = await lstat(path);
  if ((mode & WRITABLE_BY_ALL) !== 0) {
    throw new BundleInvalid(`${path} can be written by everybody`, {
      hint: `chmod o-w ${path}, and check what is in it`,
    });
  }
  if (uid !== 0 && uid !== process.getuid?.()) {
    throw new BundleInvalid(`${path} belongs to another user (${uid})`, { hint: 'use a copy of your own, or of root' });
  }
}
