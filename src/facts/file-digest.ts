import { type Fact, FactUnreadable } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';
import { jointLines } from './joint-words.ts';

/** SHA-256 of a file's bytes, 64 hexadecimal digits; undefined where there is no file. Links are followed. */
export const fileDigest: Fact<{ readonly path: string }, string | undefined> = {
  name: 'file-digest',
  joint: jointLines('  '),
  command: ({ path }) => ['sha256sum', '--', path],
  parse({ exit, stdout, stderr }, { path }) {
    // A leading backslash says that the name behind the digest is escaped (coreutils manual, "md5sum invocation").
    const digest = /^\\?([0-9a-f]{64}) /.exec(stdout)?.[1];
    if (exit === 0 && digest !== undefined) return digest;
    if (saysMissing(stderr) || /: Is a directory\s*$/m.test(stderr)) return undefined;
    throw new FactUnreadable(stderr.trim() || `sha256sum ${path} ended with exit code ${exit}`);
  },
};
