import { type Fact, FactUnreadable } from '../core/fact.ts';
import { jointLines } from './joint-words.ts';

/** What stands at a path. Symbolic links are not followed. */
export interface FileStat {
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits, 0–0o7777. */
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
  /** Bytes. */
  readonly size: number;
  readonly inode: string;
  /** Last change of the content, whole seconds since the epoch. */
  readonly modified: number;
}

const TYPES: Readonly<Record<string, FileStat['type']>> = {
  'regular file': 'file',
  'regular empty file': 'file',
  directory: 'folder',
  'symbolic link': 'link',
};

/** `stat` of one absolute path; undefined where there is nothing. */
export const fileStat: Fact<{ readonly path: string }, FileStat | undefined> = {
  name: 'file-stat',
  joint: jointLines('|'),
  command: ({ path }) => ['stat', '-c', '%F|%a|%u|%g|%s|%i|%Y|%n', '--', path],
  parse({ exit, stdout, stderr }, { path }) {
    if (exit !== 0) {
      if (saysMissing(stderr)) return undefined;
      throw new FactUnreadable(stderr.trim() || `stat ${path} ended with exit code ${exit}`);
    }
    const match = /^([^|]+)\|([0-7]+)\|(\d+)\|(\d+)\|(\d+)\|(\d+)\|(\d+)\|/.exec(stdout);
    if (match === null) throw new FactUnreadable(`stat ${path} printed "${stdout.trim()}"`);
    const [, type = '', mode = '', userId, groupId, size, inode = '', modified] = match;
    return {
      type: TYPES[type] ?? 'other',
      mode: Number.parseInt(mode, 8),
      userId: Number(userId),
      groupId: Number(groupId),
      size: Number(size),
      inode,
      modified: Number(modified),
    };
  },
};

/** Whether a tool complained that the file is not there (messages of the C library under LC_ALL=C). */
export function saysMissing(stderr: string): boolean {
  return /: (No such file or directory|Not a directory)\s*$/m.test(stderr);
}
