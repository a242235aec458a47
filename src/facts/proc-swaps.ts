import { type Fact, FactUnreadable } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';

/** Swap that is in use. */
export interface ActiveSwap {
  /** `/dev/sda2`, `/swapfile`, with spaces as they are. */
  readonly path: string;
  /** −1 and below where the kernel chose it. */
  readonly priority: number;
}

/** The kernel writes space, tab, line end and backslash as three octal digits behind a backslash. */
function unescapeOctal(word: string): string {
  return word.replaceAll(/\\([0-7]{3})/g, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** /proc/swaps: the swap that is on, empty also on a kernel without swap. */
export const procSwaps: Fact<undefined, readonly ActiveSwap[]> = {
  name: 'swap',
  command: () => ['cat', '--', '/proc/swaps'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) {
      if (saysMissing(stderr)) return [];
      throw new FactUnreadable(stderr.trim() || `cat /proc/swaps ended with exit code ${exit}`);
    }
    const [header, ...lines] = stdout.trimEnd().split('\n');
    if (header?.startsWith('Filename') !== true) throw new FactUnreadable(`/proc/swaps begins with "${header ?? ''}"`);
    return lines.map((line) => {
      const [path = '', , , , priority = ''] = line.trim().split(/\s+/);
      if (!/^-?\d+$/.test(priority)) throw new FactUnreadable(`/proc/swaps has the line "${line}"`);
      return { path: unescapeOctal(path), priority: Number(priority) };
    });
  },
};
