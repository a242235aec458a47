import { type Fact, FactUnreadable } from '../core/fact.ts';
import { FILE_OWNERSHIP_MARK } from '../core/resource.ts';
import { saysMissing } from './file-stat.ts';

/** Whether a file carries konvoy's ownership mark, without reading its content here; undefined where there is none. */
export const fileMark: Fact<{ readonly path: string }, boolean | undefined> = {
  name: 'file-mark',
  command: ({ path }) => ['grep', '-c', '-F', '-m', '1', '-e', FILE_OWNERSHIP_MARK, '--', path],
  parse({ exit, stderr }, { path }) {
    if (exit === 0) return true;
    if (exit === 1) return false;
    if (saysMissing(stderr) || /: Is a directory\s*$/m.test(stderr)) return undefined;
    throw new FactUnreadable(stderr.trim() || `grep ${path} ended with exit code ${exit}`);
  },
};
