import type { NewFile } from './host.ts';
import { quoteCommand, quoteWord } from './shell-quote.ts';

/** What `writeFilesCommand` prints on standard output, with the number of the file, where a check refused a candidate. */
export const CHECK_REFUSED = 'konvoy-check-refused';

/** A file to be written, with the size of its content in bytes instead of the content. */
export type SizedFile = Omit<NewFile, 'content'> & { readonly size: number };

/** A file with its candidate, the new file beside it. `number` is its place in the order of all. */
interface Candidate {
  readonly file: SizedFile;
  readonly path: string;
  readonly number: number;
}

function quotePaths(candidates: readonly Candidate[]): string {
  return candidates.map(({ path }) => quoteWord(path)).join(' ');
}

function printMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** The lines that fill a candidate with the next bytes of standard input. */
function fillLines({ file: { path, size, folderMode = 0o755 }, path: candidate }: Candidate): string[] {
  const folder = path.slice(0, Math.max(1, path.lastIndexOf('/')));
  return [
    `d=${quoteWord(folder)}; t=${quoteWord(candidate)}; p=${quoteWord(path)}`,
    `[ -d "$d" ] || (umask ${printMode(0o777 & ~folderMode)}; mkdir -p -- "$d") || exit 1`,
    `[ -O "$d" ] || fail "the folder $d does not belong to root"`,
    `[ ! -d "$p" ] || fail "$p is a folder"`,
    `head -c ${size} >"$t" || exit 1`,
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

/** The lines that complete candidates, with one command for each mode, and check them. */
function completeLines(candidates: readonly Candidate[]): string[] {
  const sizes = candidates.map(({ file }) => String(file.size)).join('\n');
  const modes = [...new Set(candidates.map(({ file }) => file.mode))];
  return [
    ...candidates.flatMap(fillLines),
    `[ "$(stat -c %s -- ${quotePaths(candidates)})" = ${quoteWord(sizes)} ] || fail "the content did not arrive completely"`,
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
 * Replaces files by the bytes of standard input, one content behind the other: each gets a new file beside it (`set -C`
 * opens with O_EXCL), complete (its size is compared, as a dying connection looks like an end of input) and checked; all
 * are on the disk before the first is renamed: waiting for the disk once costs hardly more than for one file. The first
 * `notes` of them are in place before anything is made for the others. The name of a candidate begins with a dot and ends
 * with the real name: folders of `*.conf` skip it, and checks that want a suffix such as `.service` see it. Nothing but
 * the notes is left behind on any failure.
 */
export function writeFilesCommand(files: readonly SizedFile[], unique: string, notes = 0): string {
  const candidates = files.map((file, number): Candidate => {
    const slash = file.path.lastIndexOf('/');
    const path = `${file.path.slice(0, slash)}/.konvoy-${unique}-${number}.${file.path.slice(slash + 1)}`;
    return { file, path, number };
  });
  const first = candidates.slice(0, notes);
  const others = candidates.slice(notes);
  const inPlace = first.map(({ file }) => `${quoteWord(file.path)} `).join('');
  return [
    `fail() { echo "$1" >&2; exit 1; }`,
    `trap ${quoteWord(`rm -f -- ${quotePaths(candidates)}`)} EXIT`,
    `trap 'exit 129' HUP INT TERM PIPE`,
    'set -C',
    ...(first.length === 0 ? [] : [...completeLines(first), renameLine(first)]),
    ...completeLines(others),
    `sync -- ${inPlace}${quotePaths(others)} || exit 1`,
    renameLine(others),
    'trap - EXIT',
  ].join('\n');
}
