import type { Argv, CommandOutput } from '../core/fact.ts';
import { type ByteSource, HOST_LOCK_NOTE } from './host.ts';
import { inlineText } from './inline-text.ts';
import { quoteCommand, quoteWord } from '../core/shell-quote.ts';

/** Where commands are looked for, whatever the login shell or sudo says. */
export const REMOTE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The program that the root shell runs: it says on both outputs that it has begun (what a noisy login printed before is
 * dropped), then reads scripts, each behind a line with the number of its lines. It reads them by itself, without a
 * process of its own for it, and runs none that did not come to its end. It contains no single quote, exclamation mark or
 * newline (`N` gets one out of a shell's first IFS), so that every login shell, also fish and csh, passes it on as it is.
 * The word that marks the beginning stands in it in two halves: a profile that prints the command line cannot be taken for it.
 */
export function shellLoop(readyMark: string): string {
  const half = readyMark.length / 2;
  const ready = `"${readyMark.slice(0, half)}""${readyMark.slice(half)}"`;
  return [
    `PATH=${REMOTE_PATH}`,
    'LC_ALL=C',
    'HOME=/root',
    'export PATH LC_ALL HOME',
    'umask 077',
    'cd /',
    `k() { e=$?; printf "\\n%s %d\\n" "$m" $e; printf "\\n%s %d\\n" "$m" $e >&2; }`,
    `echo ${ready}`,
    `echo ${ready} >&2`,
    `N=\${IFS#??}`,
    'while IFS= read -r n; do s=',
    'while [ "$n" -gt 0 ]; do IFS= read -r l || exit 1; s=$s$l$N; n=$((n-1)); done',
    'eval "$s"',
    'done',
  ].join('; ');
}

/** From so many bytes on `head` is quicker than the shell, which reads byte by byte, 0.25 ms a KiB and more for many lines. */
const LONG_SCRIPT = 4 * 1024;

/** What is written to the loop for a script: the number of its lines, and it; for a long one, a script that reads it. */
export function scriptMessage({ text }: RemoteScript): string {
  const bytes = Buffer.byteLength(text);
  if (bytes < LONG_SCRIPT) return `${text.split('\n').length - 1}\n${text}`;
  // `$( )` takes newlines off the end, and an end that came too early has no such comment.
  const end = `#${bytes}`;
  return `1\ns=$(head -c ${bytes + end.length}); case $s in *"${end}") eval "$s" ;; *) exit 1 ;; esac\n${text}${end}`;
}

/** A script for the loop, with the bytes that follow it. It prints `frames` closing lines on both outputs. */
export interface RemoteScript {
  /** Whole lines: it ends with a newline. */
  readonly text: string;
  readonly stdin: Buffer | undefined;
  /** Follows instead of `stdin`. */
  readonly source?: ByteSource;
  readonly frames: number;
}

/** What a command leaves running must not keep the lock, which is descriptor 9 of the loop. */
const NO_LOCK = '9>&-';

/**
 * A command as text for the subshell that each command has. A program for `sh -c` needs no other shell then, which would
 * cost a host as much as any small command; only one that asks for its own process gets one.
 */
export function commandText(argv: Argv): string {
  const [program, option, text, _name, ...args] = argv;
  if (program !== 'sh' || option !== '-c' || text === undefined || /\$(\$|\{?PPID)/.test(text))
    return quoteCommand(argv);
  return `set -- ${args.map(quoteWord).join(' ')}; eval ${quoteWord(text)}`;
}

/** Runs commands one after the other, each without standard input. */
export function batchScript(commands: readonly Argv[], mark: string): RemoteScript {
  const lines = commands.map((argv) => `(${commandText(argv)}) </dev/null ${NO_LOCK}; k\n`);
  return { text: `m=${mark}\n${lines.join('')}`, stdin: undefined, frames: commands.length };
}

/**
 * Runs one command with `stdin`. A short text is part of the script; else it follows, and what the command does not read is
 * drained, so that the next script begins where it should; mostly that is nothing, and one `read` shows it.
 */
export function stdinScript(command: string, stdin: Buffer, mark: string): RemoteScript {
  const run = `(${command}) ${NO_LOCK}`;
  if (stdin.length === 0) return { text: `m=${mark}\n${run} </dev/null; k\n`, stdin: undefined, frames: 1 };
  const [short] = inlineText([stdin]);
  if (short !== undefined) {
    const text = `m=${mark}\nprintf %s ${quoteWord(short)} 2>/dev/null | ${run}; k\n`;
    return { text, stdin: undefined, frames: 1 };
  }
  const drained = `{ ${run}; e=$?; ! read -r l || cat >/dev/null; exit $e; }`;
  return { text: `m=${mark}\nhead -c ${stdin.length} | ${drained}; k\n`, stdin, frames: 1 };
}

/**
 * Runs one command with a source as its input. The frame is closed as soon as the command has ended: where it did not want
 * all of its input, the rest need not be sent, and the shell, whose next script would begin in the middle of it, is dropped.
 */
export function streamScript(command: string, source: ByteSource, mark: string): RemoteScript {
  const text = `m=${mark}\nhead -c ${source.size} | { (${command}) ${NO_LOCK}; k; cat >/dev/null; }\n`;
  return { text, stdin: undefined, source, frames: 1 };
}

const LOCK_FOLDER = HOST_LOCK_NOTE.slice(0, HOST_LOCK_NOTE.lastIndexOf('/'));

/**
 * Locks the host: the loop itself keeps the file open that flock looks at, so the lock ends with it, however the
 * connection ends and whoever kills konvoy; no process is needed for it. Prints `locked` or `held`, then the note that it found.
 */
export function lockScript(holder: string, mark: string): RemoteScript {
  const text = [
    `m=${mark}`,
    `[ -d ${LOCK_FOLDER} ] || mkdir -p ${LOCK_FOLDER}`,
    // `command` keeps a failing `exec` from ending the shell.
    `if ! command exec 9>>${LOCK_FOLDER}/lock; then false`,
    `elif flock -n 9; then echo locked; [ ! -e ${HOST_LOCK_NOTE} ] || cat ${HOST_LOCK_NOTE}`,
    `printf '%s\\n' ${quoteWord(holder)} >${HOST_LOCK_NOTE}`,
    `else echo held; cat ${HOST_LOCK_NOTE}; exec 9>&-; fi; k`,
    '',
  ].join('\n');
  return { text, stdin: undefined, frames: 1 };
}

/** Lets go of the lock. To be run by the same loop. */
export function unlockScript(mark: string): RemoteScript {
  return { text: `m=${mark}\necho ended >>${HOST_LOCK_NOTE}; exec 9>&-; k\n`, stdin: undefined, frames: 1 };
}

/** Cuts one output of a script into its frames: what each command printed and, behind the mark, how it ended. */
export function parseFrames(bytes: Buffer, mark: string, frames: number): { text: string; exit: number }[] {
  const closing = Buffer.from(`\n${mark} `);
  const parsed: { text: string; exit: number }[] = [];
  let from = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    const at = bytes.indexOf(closing, from);
    const lineEnd = at === -1 ? -1 : bytes.indexOf('\n', at + closing.length);
    if (lineEnd === -1) throw new Error('the output of a remote script is not complete');
    const exit = Number(bytes.toString('latin1', at + closing.length, lineEnd));
    parsed.push({ text: bytes.toString('utf8', from, at), exit });
    from = lineEnd + 1;
  }
  return parsed;
}

/** Puts the frames of both outputs together. */
export function joinFrames(stdout: Buffer, stderr: Buffer, mark: string, frames: number): CommandOutput[] {
  const errors = parseFrames(stderr, mark, frames);
  return parseFrames(stdout, mark, frames).map(({ text, exit }, index) => ({
    exit,
    stdout: text,
    stderr: errors[index]?.text ?? '',
  }));
}
