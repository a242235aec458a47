import { isUtf8 } from 'node:buffer';

/** In all, bytes: what a shell can well hold as a part of its script. */
const INLINE_LIMIT = 64 * 1024;

/**
 * The contents that may stand in a script as words of it, so that no process has to read them: short ones, and text without
 * NUL bytes. Undefined for the others, in their places.
 */
export function inlineText(contents: readonly Buffer[]): readonly (string | undefined)[] {
  let left = INLINE_LIMIT;
  return contents.map((bytes) => {
    if (bytes.length > left || bytes.includes(0) || !isUtf8(bytes)) return undefined;
    left -= bytes.length;
    return bytes.toString();
  });
}
