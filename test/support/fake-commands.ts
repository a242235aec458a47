import { createHash } from 'node:crypto';
import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { type FakeEntry, FakeDiskError, type FakeFileSystem } from './fake-file-system.ts';

/** What a command answers. */
export function output(stdout: string, exit = 0, stderr = ''): CommandOutput {
  return { exit, stdout, stderr };
}

type FileCommand = (args: Argv, stdin: string, files: FakeFileSystem) => CommandOutput;

/** Splits arguments into options (`-x`, before `--`) and operands. */
function split(argv: Argv): { options: string; operands: string[] } {
  let options = '';
  const operands: string[] = [];
  let ended = false;
  for (const word of argv.slice(1)) {
    if (!ended && word === '--') ended = true;
    else if (!ended && /^-[a-zA-Z1]+$/.test(word)) options += word.slice(1);
    else operands.push(word);
  }
  return { options, operands };
}

/** Runs `act` for every operand; a disk error becomes a line on standard error and exit code 1. */
function each(argv: Argv, operands: readonly string[], act: (path: string) => string): CommandOutput {
  let stdout = '';
  let stderr = '';
  for (const path of operands) {
    try {
      stdout += act(path);
    } catch (error) {
      if (!(error instanceof FakeDiskError)) throw error;
      stderr += `${argv[0]}: ${path}: ${error.message}\n`;
    }
  }
  return output(stdout, stderr === '' ? 0 : 1, stderr);
}

function readFile(files: FakeFileSystem, path: string): string {
  const entry = files.get(path);
  if (entry === undefined) throw new FakeDiskError('No such file or directory');
  if (entry.type === 'folder') throw new FakeDiskError('Is a directory');
  return entry.content;
}

function printStat(format: string, path: string, entry: FakeEntry): string {
  const type = entry.type === 'folder' ? 'directory' : entry.content === '' ? 'regular empty file' : 'regular file';
  const values: Record<string, string> = {
    a: entry.mode.toString(8),
    n: path,
    s: String(Buffer.byteLength(entry.content)),
    i: String(entry.inode),
    Y: String(entry.mtime),
    Z: String(entry.mtime),
    F: type,
    U: 'root',
    G: 'root',
    u: '0',
    g: '0',
    h: '1',
    d: '1',
    '%': '%',
  };
  return format.replace(/%(.)/g, (whole, letter: string) => values[letter] ?? whole);
}

const statFile: FileCommand = (argv, _stdin, files) => {
  const words = argv.slice(1).filter((word) => word !== '--' && word !== '-L');
  const inline = words.findIndex((word) => /^--(format|printf)=/.test(word));
  const at = inline === -1 ? words.findIndex((word) => word === '-c' || word === '--format') : inline;
  if (at === -1) return output('', 2, 'stat: the fake knows only -c, --format and --printf\n');
  const taken = words.splice(at, inline === -1 ? 2 : 1);
  const format = inline === -1 ? (taken[1] ?? '') : (taken[0] ?? '').replace(/^--[a-z]+=/, '');
  const newline = taken[0]?.startsWith('--printf') ? '' : '\n';
  return each(argv, words, (path) => {
    const entry = files.get(path);
    if (entry === undefined) throw new FakeDiskError('No such file or directory');
    const text = printStat(format, path, entry);
    return newline === '' ? text.replaceAll('\\n', '\n').replaceAll('\\0', '\0') : text + newline;
  });
};

const testFile: FileCommand = (argv, _stdin, files) => {
  let words = argv.slice(1);
  if (argv[0] === '[') words = words.slice(0, -1);
  const negated = words[0] === '!';
  if (negated) words = words.slice(1);
  const entry = files.get(words[1] ?? '');
  const holds: Record<string, boolean> = {
    '-e': entry !== undefined,
    '-f': entry?.type === 'file',
    '-d': entry?.type === 'folder',
    '-s': entry !== undefined && entry.content !== '',
    '-r': entry !== undefined,
    '-w': entry !== undefined,
    '-x': entry !== undefined && (entry.mode & 0o111) !== 0,
    '-L': false,
    '-h': false,
  };
  const verdict = holds[words[0] ?? ''];
  if (verdict === undefined) return output('', 2, `test: the fake does not know ${words[0]}\n`);
  return output('', verdict === negated ? 1 : 0);
};

const catFile: FileCommand = (argv, stdin, files) => {
  const { operands } = split(argv);
  if (operands.length === 0) return output(stdin);
  return each(argv, operands, (path) => (path === '-' ? stdin : readFile(files, path)));
};

const removeFile: FileCommand = (argv, _stdin, files) => {
  const { options, operands } = split(argv);
  return each(argv, operands, (path) => {
    const entry = files.get(path);
    if (entry === undefined && options.includes('f')) return '';
    if (entry?.type === 'folder' && !options.toLowerCase().includes('r')) throw new FakeDiskError('Is a directory');
    files.remove(path);
    return '';
  });
};

/** `rmdir`, with `-p` for the folders above and `--ignore-fail-on-non-empty`. */
const removeFolder: FileCommand = (argv, _stdin, files) => {
  const lenient = argv.includes('--ignore-fail-on-non-empty');
  const { options, operands: words } = split(argv);
  const operands = words.filter((word) => word !== '--ignore-fail-on-non-empty');
  return each(argv, operands, (path) => {
    for (let folder = path; folder !== '' && folder !== '/'; folder = folder.slice(0, folder.lastIndexOf('/'))) {
      const entry = files.get(folder);
      if (entry === undefined) throw new FakeDiskError('No such file or directory');
      if (entry.type !== 'folder') throw new FakeDiskError('Not a directory');
      if (files.list(folder).length > 0) {
        if (lenient) return '';
        throw new FakeDiskError('Directory not empty');
      }
      files.remove(folder);
      if (!options.includes('p')) return '';
    }
    return '';
  });
};

/** Where `mv` and `cp` put something: into a folder that exists, unless -T forbids it. */
function destination(files: FakeFileSystem, options: string, from: string, to: string): string {
  if (options.includes('T') || files.get(to)?.type !== 'folder') return to;
  return `${to}/${from.slice(from.lastIndexOf('/') + 1)}`;
}

const moveFile: FileCommand = (argv, _stdin, files) => {
  const { options, operands } = split(argv);
  const [from = '', to = ''] = operands;
  return each(argv, [from], () => {
    const target = destination(files, options, from, to);
    if (options.includes('n') && files.get(target) !== undefined) return '';
    files.rename(from, target);
    return '';
  });
};

const copyFile: FileCommand = (argv, _stdin, files) => {
  const { options, operands } = split(argv);
  const [from = '', to = ''] = operands;
  return each(argv, [from], () => {
    const target = destination(files, options, from, to);
    if (options.includes('n') && files.get(target) !== undefined) return '';
    files.write(target, readFile(files, from), files.get(from)?.mode);
    return '';
  });
};

const makeFolder: FileCommand = (argv, _stdin, files) => {
  const words: string[] = [];
  let mode = 0o755;
  let parents = false;
  for (let at = 1; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '-m') {
      at += 1;
      mode = Number.parseInt(argv[at] ?? '', 8);
    } else if (word === '-p') parents = true;
    else if (word === '-pm') {
      parents = true;
      at += 1;
      mode = Number.parseInt(argv[at] ?? '', 8);
    } else if (word !== '--') words.push(word);
  }
  return each(argv, words, (path) => {
    if (parents && files.get(path)?.type === 'folder') return '';
    // konvoy's sessions have the umask 077, and the mode is for the last folder of a path only.
    for (let at = path.indexOf('/', 1); parents && at !== -1; at = path.indexOf('/', at + 1)) {
      if (files.get(path.slice(0, at)) === undefined) files.makeFolder(path.slice(0, at), 0o700);
    }
    files.makeFolder(path, mode);
    return '';
  });
};

const listFolder: FileCommand = (argv, _stdin, files) =>
  each(argv, split(argv).operands, (path) => {
    const entry = files.get(path);
    if (entry === undefined) throw new FakeDiskError('No such file or directory');
    if (entry.type === 'file') return `${path}\n`;
    return files
      .list(path)
      .map((name) => `${name}\n`)
      .join('');
  });

const changeMode: FileCommand = (argv, _stdin, files) => {
  const [mode = '', ...paths] = split(argv).operands;
  return each(argv, paths, (path) => {
    files.chmod(path, Number.parseInt(mode, 8));
    return '';
  });
};

const hashFile: FileCommand = (argv, stdin, files) => {
  const { operands } = split(argv);
  const line = (text: string, name: string) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`;
  if (operands.length === 0) return output(line(stdin, '-'));
  return each(argv, operands, (path) => line(readFile(files, path), path));
};

/** `head --verbose --bytes=-0`: every file whole, behind a header; that of the first has no empty line before it. */
const headFile: FileCommand = (argv, _stdin, files) => {
  if (!argv.includes('--verbose') || !argv.includes('--bytes=-0')) {
    return output('', 1, 'head: the fake knows only --verbose --bytes=-0\n');
  }
  const paths = argv.slice(argv.indexOf('--') + 1);
  let first = true;
  return each(argv, paths, (path) => {
    const header = `${first ? '' : '\n'}==> ${path} <==\n`;
    const text = `${header}${readFile(files, path)}`;
    first = false;
    return text;
  });
};

/** The plain file commands that every host has. Commands on a FakeHost with the same name replace them. */
export const FILE_COMMANDS: Readonly<Record<string, FileCommand>> = {
  cat: catFile,
  stat: statFile,
  head: headFile,
  test: testFile,
  '[': testFile,
  rm: removeFile,
  rmdir: removeFolder,
  mv: moveFile,
  cp: copyFile,
  mkdir: makeFolder,
  ls: listFolder,
  chmod: changeMode,
  chown: (argv, _stdin, files) =>
    each(argv, split(argv).operands.slice(1), (path) => {
      if (files.get(path) === undefined) throw new FakeDiskError('No such file or directory');
      return '';
    }),
  sha256sum: hashFile,
  sync: () => output(''),
  true: () => output(''),
  false: () => output('', 1),
  echo: (argv) => output(`${argv.slice(1).join(' ')}\n`),
};
