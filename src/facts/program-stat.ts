import { type Fact, FactUnreadable } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';
import { jointLines } from './joint-words.ts';

/** What a path leads to, links followed. */
export interface ProgramStat {
  /** Whether it is a regular file that may be executed. */
  readonly executable: boolean;
  readonly inode: string;
  /** Last change of the content, whole seconds since the epoch. */
  readonly modified: number;
}

/** The program at an absolute path; undefined where there is nothing, or a link that leads nowhere. */
export const programStat: Fact<{ readonly path: string }, ProgramStat | undefined> = {
  name: 'program',
  joint: jointLines('|'),
  command: ({ path }) => ['stat', '-L', '-c', '%F|%a|%i|%Y|%n', '--', path],
  parse({ exit, stdout, stderr }, { path }) {
    if (exit !== 0) {
      if (saysMissing(stderr)) return undefined;
      throw new FactUnreadable(stderr.trim() || `stat ${path} ended with exit code ${exit}`);
    }
    const match = /^([^|]+)\|([0-7]+)\|(\d+)\|(\d+)\|/.exec(stdout);
    if (match === null) throw new FactUnreadable(`stat ${path} printed "${stdout.trim()}"`);
    const [, type = '', mode = '', inode = '', modified] = match;
    const executable = type === 'regular file' && (Number.parseInt(mode, 8) & 0o111) !== 0;
    return { executable, inode, modified: Number(modified) };
  },
};
