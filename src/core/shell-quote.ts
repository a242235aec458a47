import type { Argv } from './fact.ts';

/**
 * Quotes one word for a POSIX shell. Plain words stay as they are, so that printed commands read well. A NUL byte
 * cannot be part of an argument of any process and is refused.
 */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new TypeError('a command argument cannot contain a NUL byte');
  if (/^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Quotes a command for a POSIX shell: the one place where arguments become text. Also what users can paste. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

/** A command as text for a shell, with its name quoted where it could be taken for a keyword or an alias. */
export function quoteCommand(argv: Argv): string {
  const [program, ...args] = argv;
  return [quoteProgram(program), ...args.map(quoteWord)].join(' ');
}

/** `if`, `time` or `{` are words of the shell where they stand first; in quotes they are names of programs. */
function quoteProgram(program: string): string {
  const quoted = quoteWord(program);
  return quoted.startsWith("'") || program.includes('/') || /[-.0-9]/.test(program) ? quoted : `'${quoted}'`;
}
