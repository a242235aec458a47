/** Stands before each line of /etc/fstab that konvoy switched off. */
const SWITCHED_OFF = '# konvoy keeps this off: ';

function isSwapEntry(line: string): boolean {
  const [first = '', , type] = line.trim().split(/\s+/);
  return !first.startsWith('#') && type === 'swap';
}

/** The lines of /etc/fstab that switch swap on. */
export function swapEntries(fstab: string): readonly string[] {
  return fstab.split('\n').filter(isSwapEntry);
}

/** The lines that konvoy switched off, as they were. */
export function switchedOffEntries(fstab: string): readonly string[] {
  return fstab.split('\n').flatMap((line) => (line.startsWith(SWITCHED_OFF) ? [line.slice(SWITCHED_OFF.length)] : []));
}

/** The same text with a mark of ours before each line that switches swap on, and not another byte changed. */
export function switchOffSwap(fstab: string): string {
  return fstab
    .split('\n')
    .map((line) => (isSwapEntry(line) ? SWITCHED_OFF + line : line))
    .join('\n');
}

/** The same text without our marks. */
export function switchOnSwap(fstab: string): string {
  return fstab
    .split('\n')
    .map((line) => (line.startsWith(SWITCHED_OFF) ? line.slice(SWITCHED_OFF.length) : line))
    .join('\n');
}
