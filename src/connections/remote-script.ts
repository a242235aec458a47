import type { Argv, CommandOutput } from '../core/fact.ts';
import { type ByteSource, HOST_LOCK_NOTE, type NewFile } from './host.ts';
import { quoteCommand, quoteWord } from './shell-quote.ts';

/** Where commands are looked for, whatever the login shell or sudo says. */
export const REMOTE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The program that the root shell runs: it says on both outputs that it has begun (what a noisy login printed before is
 * dropped), then reads scripts, each behind a line with its length in bytes. It contains no single quote, exclamation
 * mark or newline, so that every login shell, also fish and csh, passes it on as it is. The word that marks the
 * beginning stands in it in two halves: a profile that prints the command line cannot be taken for it.
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
    'while IFS= read -r n; do eval "$(head -c "$n")"; done',
  ].join('; ');
}

/** A script for the loop, with the bytes that follow it. It prints `frames` closing lines on both outputs. */
export interface RemoteScript {
  readonly text: string;
  readonly stdin: Buffer | undefined;
  /** Follows instead of `stdin`. */
  readonly source?: ByteSource;
  readonly frames: number;
}

/** What a command leaves running must not keep the lock, which is descriptor 9 of the loop. */
const NO_LOCK = '9>&-';

/** Runs commands one after the other, each without standard input. */
export function batchScript(commands: readonly Argv[], mark: string): RemoteScript {
  const lines = commands.map((argv) => `(${quoteCommand(argv)}) </dev/null ${NO_LOCK}; k\n`);
  return { text: `m=${mark}\n${lines.join('')}`, stdin: undefined, frames: commands.length };
}

/**
 * Runs one command with `stdin`. What it does not read is drained, so that the next script begins where it should.
 */
export function stdinScript(command: string, stdin: Buffer, mark: string): RemoteScript {
  const text = `m=${mark}\nhead -c ${stdin.length} | { (${command}) ${NO_LOCK}; e=$?; cat >/dev/null; exit $e; }; k\n`;
  return { text, stdin, frames: 1 };
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
    `elif flock -n 9; then echo locked; cat ${HOST_LOCK_NOTE} 2>/dev/null`,
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

/** What `writeFilesCommand` prints on standard output, with the number of the file, where a check refused a candidate. */
export const CHECK_REFUSED = 'konvoy-check-refused';

/** A file to be written, with the size of its content in bytes instead of the content. */
export type SizedFile = Omit<NewFile, 'content'> & { readonly size: number };

/** The lines that write candidate number `index` out of the next bytes of standard input, and check it. */
function candidateLines({ path, size, mode, check }: SizedFile, index: number, candidate: string): string[] {
  const folder = path.slice(0, Math.max(1, path.lastIndexOf('/')));
  const lines = [
    `d=${quoteWord(folder)}; t=${quoteWord(candidate)}; p=${quoteWord(path)}`,
    `[ -d "$d" ] || (umask 022; mkdir -p -- "$d") || exit 1`,
    `[ -O "$d" ] || fail "the folder $d does not belong to root"`,
    `[ ! -d "$p" ] || fail "$p is a folder"`,
    `(set -C; head -c ${size} >"$t") || exit 1`,
    `[ "$(wc -c <"$t")" -eq ${size} ] || fail "the content did not arrive completely"`,
    `chmod ${mode.toString(8).padStart(4, '0')} -- "$t" || exit 1`,
    // A folder that hands its group on is the one way to another owner.
    `[ -O "$t" ] && [ -G "$t" ] || chown 0:0 -- "$t" || exit 1`,
  ];
  if (check !== undefined) {
    const [program, ...args] = check;
    const command = quoteCommand([program, ...args.map((word) => word.replaceAll('{}', candidate))]);
    lines.push(`(${command}) </dev/null >&2 || { e=$?; echo ${CHECK_REFUSED} ${index}; exit $e; }`);
  }
  return lines;
}

/**
 * Replaces files by the bytes of standard input, one content behind the other: each gets a new file beside it (`set -C`
 * opens with O_EXCL), complete (its size is compared, as a dying connection looks like an end of input) and checked; all
 * are on the disk before the first is renamed: waiting for the disk once costs hardly more than for one file. The name of
 * a candidate begins with a dot and ends with the real name: folders of `*.conf` skip it, and checks that want a suffix
 * such as `.service` see it. Nothing is left behind on any failure.
 */
export function writeFilesCommand(files: readonly SizedFile[], unique: string): string {
  const candidates = files.map(({ path }, index) => {
    const slash = path.lastIndexOf('/');
    return `${path.slice(0, slash)}/.konvoy-${unique}-${index}.${path.slice(slash + 1)}`;
  });
  const all = candidates.map(quoteWord).join(' ');
  const renames = files.map(
    ({ path }, index) => `mv -f -T -- ${quoteWord(candidates[index] ?? '')} ${quoteWord(path)}`,
  );
  return [
    `fail() { echo "$1" >&2; exit 1; }`,
    `trap ${quoteWord(`rm -f -- ${all}`)} EXIT`,
    `trap 'exit 129' HUP INT TERM PIPE`,
    ...files.flatMap((file, index) => candidateLines(file, index, candidates[index] ?? '')),
    `sync -- ${all} && ${renames.join(' && ')} && trap - EXIT`,
  ].join('\n');
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
