import { type Fact, FactUnreadable } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';

/** The content of one file as UTF-8 text; undefined where there is no file. Links are followed. */
export const fileContent: Fact<{ readonly path: string }, string | undefined> = {
  name: 'file-content',
  command: ({ path }) => ['cat', '--', path],
  parse({ exit, stdout, stderr }, { path }) {
    if (exit === 0) return stdout;
    if (saysMissing(stderr) || /: Is a directory\s*$/m.test(stderr)) return undefined;
    throw new FactUnreadable(stderr.trim() || `cat ${path} ended with exit code ${exit}`);
  },
};
