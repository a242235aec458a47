import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KnownHost, type KnownHostsEntry, parseKnownHosts } from './known-hosts.ts';

/** The known_hosts files of this machine, each read once. New keys are appended to the user's first file. */
export class KnownHostsFiles {
  readonly #entries = new Map<string, KnownHostsEntry[]>();

  lookup(files: readonly string[], name: string): KnownHost {
    return new KnownHost(
      files.flatMap((file) => this.#read(file)),
      name,
    );
  }

  /** Adds a key to `file`, which is made with mode 0600 where it is missing. */
  append(file: string, name: string, keyType: string, blob: Buffer): void {
    const entries = this.#read(file);
    const key = blob.toString('base64');
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const broken = existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8'));
    appendFileSync(file, `${broken ? '\n' : ''}${name} ${keyType} ${key}\n`, { mode: 0o600 });
    entries.push({ file, line: entries.length + 1, marker: undefined, names: name, keyType, key });
  }

  #read(file: string): KnownHostsEntry[] {
    const known = this.#entries.get(file);
    if (known !== undefined) return known;
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      // A file that is missing or unreadable knows nobody, as with OpenSSH.
    }
    const entries = parseKnownHosts(file, text);
    this.#entries.set(file, entries);
    return entries;
  }
}
