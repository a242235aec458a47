import type { Argv, CommandOutput, Joint } from '../core/fact.ts';

/** The last word of each command. */
export function lastWords(questions: readonly Argv[]): readonly string[] {
  return questions.map((argv) => argv.at(-1) ?? '');
}

/** One command out of commands that differ in their last word only. */
export function joinLastWords([first, ...others]: readonly Argv[]): Argv {
  const [program, ...words] = first ?? ['true'];
  return [program, ...words, ...lastWords(others)];
}

/** The lines of a tool's complaints that name `path`, quoted or not, as coreutils print them. */
function complaintsAbout(stderr: string, path: string): string {
  const lines = stderr.split('\n').filter((line) => line.includes(`'${path}'`) || line.includes(` ${path}: `));
  return lines.map((line) => `${line}\n`).join('');
}

/** What the command for one path alone would have said, given what the common one printed about it, if anything. */
export function outputAbout(whole: CommandOutput, path: string, printed: string | undefined): CommandOutput {
  const complaints = complaintsAbout(whole.stderr, path);
  if (printed !== undefined && complaints === '') return { exit: 0, stdout: printed, stderr: '' };
  // Nothing was said of this path by itself: what is wrong with the command is wrong with each.
  const stderr = complaints === '' ? whole.stderr : complaints;
  return { exit: whole.exit === 0 ? 1 : whole.exit, stdout: printed ?? '', stderr };
}

/** For commands that differ in their last word, a path, and print one line for each, which ends with `before` and the path. */
export function jointLines(before: string): Joint {
  return {
    join: joinLastWords,
    split(output, questions) {
      const lines = output.stdout.split('\n');
      return lastWords(questions).map((path) =>
        outputAbout(
          output,
          path,
          lines.find((line) => line.endsWith(`${before}${path}`)),
        ),
      );
    },
  };
}
