/** One entry of the fake file system. `mtime` counts writes, not seconds: tests have no clock. */
export interface FakeEntry {
  readonly type: 'file' | 'folder';
  readonly content: string;
  /** Permission bits. */
  readonly mode: number;
  readonly inode: number;
  readonly mtime: number;
}

/** A fault of the disk, in the words of the C library. */
export class FakeDiskError extends Error {}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** An in-memory file system with absolute paths. Everything belongs to root; there are no links. */
export class FakeFileSystem {
  readonly #entries = new Map<string, FakeEntry>();
  readonly #faults: { readonly prefix: string; readonly reason: string }[] = [];
  #counter = 0;

  constructor() {
    for (const folder of ['/', '/etc', '/tmp', '/run', '/var', '/var/lib']) this.makeFolder(folder);
  }

  /** Grows with every change; equal numbers mean that nothing was written between. */
  get generation(): number {
    return this.#counter;
  }

  /** Every write below `prefix` fails from now on, for example with `Read-only file system`. */
  refuseWrites(prefix: string, reason: string): void {
    this.#faults.push({ prefix, reason });
  }

  acceptWrites(): void {
    this.#faults.length = 0;
  }

  get(path: string): FakeEntry | undefined {
    return this.#entries.get(path);
  }

  /** The content of a file; undefined where there is no file. */
  read(path: string): string | undefined {
    const entry = this.#entries.get(path);
    return entry?.type === 'file' ? entry.content : undefined;
  }

  /** The paths of all files, sorted. */
  files(): string[] {
    return [...this.#entries].flatMap(([path, entry]) => (entry.type === 'file' ? [path] : [])).sort();
  }

  /** The names in a folder, sorted. */
  list(folder: string): string[] {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    return [...this.#entries.keys()]
      .filter((path) => path !== '/' && path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map((path) => path.slice(prefix.length))
      .sort();
  }

  /** Writes a file; an existing one keeps its inode, and its mode unless one is given. Missing parents are an error. */
  write(path: string, content: string, mode?: number): void {
    this.#refuse(path);
    const old = this.#entries.get(path);
    if (old?.type === 'folder') throw new FakeDiskError('Is a directory');
    if (this.#entries.get(parentOf(path))?.type !== 'folder') throw new FakeDiskError('No such file or directory');
    this.#counter += 1;
    const inode = old?.inode ?? this.#counter;
    this.#entries.set(path, { type: 'file', content, mode: mode ?? old?.mode ?? 0o644, inode, mtime: this.#counter });
  }

  /** Writes a file and makes its parents: for setting up a test. */
  put(path: string, content: string, mode = 0o644): void {
    this.makeFolders(parentOf(path));
    this.write(path, content, mode);
  }

  makeFolder(path: string, mode = 0o755): void {
    if (this.#entries.has(path)) throw new FakeDiskError('File exists');
    this.#refuse(path);
    if (path !== '/' && this.#entries.get(parentOf(path))?.type !== 'folder') {
      throw new FakeDiskError('No such file or directory');
    }
    this.#counter += 1;
    this.#entries.set(path, { type: 'folder', content: '', mode, inode: this.#counter, mtime: this.#counter });
  }

  /** Makes a folder and its parents, where they are missing. */
  makeFolders(path: string, mode?: number): void {
    const entry = this.#entries.get(path);
    if (entry?.type === 'file') throw new FakeDiskError('Not a directory');
    if (entry !== undefined) return;
    this.makeFolders(parentOf(path), mode);
    this.makeFolder(path, mode);
  }

  chmod(path: string, mode: number): void {
    const entry = this.#existing(path);
    this.#refuse(path);
    this.#counter += 1;
    this.#entries.set(path, { ...entry, mode });
  }

  /** Removes a file, or a folder with everything in it. */
  remove(path: string): void {
    this.#existing(path);
    this.#refuse(path);
    this.#counter += 1;
    for (const each of [...this.#entries.keys()]) {
      if (each === path || each.startsWith(`${path}/`)) this.#entries.delete(each);
    }
  }

  /** Moves a file or a folder; a file in the way is replaced. */
  rename(from: string, to: string): void {
    this.#existing(from);
    this.#refuse(to);
    this.#refuse(from);
    if (this.#entries.get(parentOf(to))?.type !== 'folder') throw new FakeDiskError('No such file or directory');
    this.#counter += 1;
    for (const [path, entry] of [...this.#entries]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#entries.delete(path);
      this.#entries.set(to + path.slice(from.length), entry);
    }
  }

  #existing(path: string): FakeEntry {
    const entry = this.#entries.get(path);
    if (entry === undefined) throw new FakeDiskError('No such file or directory');
    return entry;
  }

  #refuse(path: string): void {
    const fault = this.#faults.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
    if (fault !== undefined) throw new FakeDiskError(fault.reason);
  }
}
