import { type CommandOutput, type Fact, FactUnreadable, type Joint } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';
import { lastWords, outputAbout } from './joint-words.ts';

/** Cuts `head --verbose` into the files by their headers. A file that holds the header of another cannot be cut. */
function cutAtHeaders(output: CommandOutput, paths: readonly string[]): readonly CommandOutput[] {
  const text = `\n${output.stdout}`;
  const starts = paths.map((path) => {
    const header = `\n==> ${path} <==\n`;
    const at = text.indexOf(header);
    return { path, at, from: at + header.length, twice: at !== -1 && text.includes(header, at + 1) };
  });
  if (starts.some(({ twice }) => twice)) {
    const stderr = 'a file holds what `head --verbose` prints between two files';
    return paths.map(() => ({ exit: 1, stdout: '', stderr }));
  }
  const found = starts.filter(({ at }) => at !== -1);
  return starts.map(({ path, at, from }) => {
    const next = found[found.findIndex((each) => each.path === path) + 1];
    return outputAbout(output, path, at === -1 ? undefined : text.slice(from, next?.at ?? text.length));
  });
}

const joint: Joint = {
  join: (questions) => ['head', '--verbose', '--bytes=-0', '--', ...lastWords(questions)],
  split: (output, questions) => cutAtHeaders(output, lastWords(questions)),
};

/** The content of one file as UTF-8 text; undefined where there is no file. Links are followed. */
export const fileContent: Fact<{ readonly path: string }, string | undefined> = {
  name: 'file-content',
  joint,
  command: ({ path }) => ['cat', '--', path],
  parse({ exit, stdout, stderr }, { path }) {
    if (exit === 0) return stdout;
    if (saysMissing(stderr) || /: Is a directory\s*$/m.test(stderr)) return undefined;
    throw new FactUnreadable(stderr.trim() || `cat ${path} ended with exit code ${exit}`);
  },
};
