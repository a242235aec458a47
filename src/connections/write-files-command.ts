import type { NewFile } from './host.ts';
import { inlineText } from './inline-text.ts';
import { quoteCommand, quoteWord } from '../core/shell-quote.ts';

/** What `writeFilesCommand` prints on standard output, with the number of the file, where a check refused a candidate. */
export const CHECK_REFUSED = 'konvoy-check-refused';

/** A file to be written, with its content as bytes. */
export type FileBytes = Omit<NewFile, 'content'> & { readonly bytes: Buffer };

/** A file with its candidate, the new file beside it. */
interface Candidate {
  readonly file: FileBytes;
  readonly path: string;
  /** The place of the file in the order of all. */
  readonly number: number;
  /** A short text stands in the command itself; undefined where it comes from standard input. */
  readonly text: string | undefined;
}

function quotePaths(candidates: readonly Candidate[]): string {
  return candidates.map(({ path }) => quoteWord(path)).join(' ');
}

/** Permission bits as `chmod` and people write them: `0644`. */
export function printMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** The lines that fill the candidate. The shell's own printf does not say what is wrong with a disk, cat does. */
function contentLines({ file: { bytes }, text }: Candidate): string[] {
  if (text === undefined) return [`head -c ${bytes.length} >"$t" || exit 1`];
  return [`c=${quoteWord(text)}`, `printf %s "$c" >"$t" || { rm -f -- "$t"; printf %s "$c" | cat >"$t"; exit 1; }`];
}

/** The lines that make a candidate and fill it. */
function fillLines(candidate: Candidate): string[] {
  const { path, folderMode = 0o755 } = candidate.file;
  const folder = path.slice(0, Math.max(1, path.lastIndexOf('/')));
  return [
    `d=${quoteWord(folder)}; t=${quoteWord(candidate.path)}; p=${quoteWord(path)}`,
    `[ -d "$d" ] || (umask ${printMode(0o777 & ~folderMode)}; mkdir -p -- "$d") || exit 1`,
    `[ -O "$d" ] || fail "the folder $d does not belong to root"`,
    `[ ! -d "$p" ] || fail "$p is a folder"`,
    ...contentLines(candidate),
    // A folder that hands its group on is the one way to another owner.
    `[ -O "$t" ] && [ -G "$t" ] || chown 0:0 -- "$t" || exit 1`,
  ];
}

function checkLines({ file: { check }, path, number }: Candidate): string[] {
  if (check === undefined) return [];
  const [program, ...args] = check;
  const command = quoteCommand([program, ...args.map((word) => word.replaceAll('{}', path))]);
  return [`(${command}) </dev/null >&2 || { e=$?; echo ${CHECK_REFUSED} ${number}; exit $e; }`];
}

/** A dying connection looks like an end of input. */
function sizeLines(candidates: readonly Candidate[]): string[] {
  const streamed = candidates.filter(({ text }) => text === undefined);
  if (streamed.length === 0) return [];
  const sizes = streamed.map(({ file }) => String(file.bytes.length)).join('\n');
  return [
    `[ "$(stat -c %s -- ${quotePaths(streamed)})" = ${quoteWord(sizes)} ] || fail "the content did not arrive completely"`,
  ];
}

/** The lines that complete candidates, with one command for each mode, and check them. */
function completeLines(candidates: readonly Candidate[]): string[] {
  const modes = [...new Set(candidates.map(({ file }) => file.mode))];
  return [
    ...candidates.flatMap(fillLines),
    ...sizeLines(candidates),
    ...modes.map((mode) => {
      const alike = candidates.filter(({ file }) => file.mode === mode);
      return `chmod ${printMode(mode)} -- ${quotePaths(alike)} || exit 1`;
    }),
    ...candidates.flatMap(checkLines),
  ];
}

function renameLine(candidates: readonly Candidate[]): string {
  const renames = candidates.map(({ file, path }) => `mv -f -T -- ${quoteWord(path)} ${quoteWord(file.path)}`);
  return `${renames.join(' && ')} || exit 1`;
}

/**
 * The command that replaces files, and what it reads: contents that are long or no text, one behind the other. Each file
 * gets a new one beside it (`set -C` opens with O_EXCL), complete and checked; all are on the disk before the first is
 * renamed: waiting for the disk once costs hardly more than for one file. The first `notes` of them are in place before
 * anything is made for the others. The name of a candidate begins with a dot and ends with the real name: folders of
 * `*.conf` skip it, and checks that want a suffix such as `.service` see it. Nothing but the notes is left behind on any
 * failure.
 */
export function writeFilesCommand(
  files: readonly FileBytes[],
  unique: string,
  notes = 0,
): { readonly command: string; readonly stdin: Buffer } {
  const texts = inlineText(files.map(({ bytes }) => bytes));
  const candidates = files.map((file, number): Candidate => {
    const slash = file.path.lastIndexOf('/');
    const path = `${file.path.slice(0, slash)}/.konvoy-${unique}-${number}.${file.path.slice(slash + 1)}`;
    return { file, path, number, text: texts[number] };
  });
  const first = candidates.slice(0, notes);
  const others = candidates.slice(notes);
  const inPlace = first.map(({ file }) => `${quoteWord(file.path)} `).join('');
  const lines = [
    `fail() { echo "$1" >&2; exit 1; }`,
    `trap ${quoteWord(`rm -f -- ${quotePaths(candidates)}`)} EXIT`,
    `trap 'exit 129' HUP INT TERM PIPE`,
    'set -C',
    ...(first.length === 0 ? [] : [...completeLines(first), renameLine(first)]),
    ...completeLines(others),
    `sync -- ${inPlace}${quotePaths(others)} || exit 1`,
    renameLine(others),
    'trap - EXIT',
  ];
  const streamed = candidates.filter(({ text }) => text === undefined);
  return { command: lines.join('\n'), stdin: Buffer.concat(streamed.map(({ file }) => file.bytes)) };
}
