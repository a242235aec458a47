/** `2026-11-24T09-30-05Z`: sorts by time and is a file name everywhere. `milliseconds` since the epoch. */
export function fileStamp(milliseconds: number): string {
  return new Date(milliseconds)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
}
