import { isUtf8 } from 'node:buffer';

/** In all, bytes. The root shell reads its scripts byte by byte, 4 ms of it, which is as much as two processes. */
const INLINE_LIMIT = 16 * 1024;

/**
 * The contents that may stand in a script as words of it: text without NUL bytes, as much as is quicker read by the shell
 * itself than by a process for each. Undefined for the others, in their places.
 */
export function inlineText(contents: readonly Buffer[]): readonly (string | undefined)[] {
  let left = INLINE_LIMIT;
  return contents.map((bytes) => {
    if (bytes.length > left || bytes.includes(0) || !isUtf8(bytes)) return undefined;
    left -= bytes.length;
    return bytes.toString();
  });
}
