import { type Fact, FactUnreadable } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';

/** The file system below a folder. */
export interface DiskFree {
  /** Bytes that programs may still write. */
  readonly free: number;
  /** Of what programs may use at all, 0–100, rounded up. */
  readonly usedPercent: number;
  /** Where it is mounted; two folders with the same one share their space. */
  readonly mount: string;
}

/** `df` of a folder; undefined where that does not exist. */
export const diskFree: Fact<{ readonly path: string }, DiskFree | undefined> = {
  name: 'free disk',
  command: ({ path }) => ['df', '-P', '-B1', '--', path],
  parse({ exit, stdout, stderr }, { path }) {
    if (exit !== 0) {
      if (saysMissing(stderr)) return undefined;
      throw new FactUnreadable(stderr.trim() || `df ${path} ended with exit code ${exit}`);
    }
    // Names of devices may have spaces, so the line is read from its numbers on.
    const match = /\s\d+\s+\d+\s+(\d+)\s+(\d+)%\s+(\/.*)$/m.exec(stdout);
    if (match === null) throw new FactUnreadable(`df ${path} printed "${stdout.trim()}"`);
    return { free: Number(match[1]), usedPercent: Number(match[2]), mount: match[3] ?? '' };
  },
};
