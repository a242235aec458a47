import { createHash, createHmac } from 'node:crypto';

/** One line of a known_hosts file that can be understood. */
export interface KnownHostsEntry {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** The first field as it stands: names and patterns with commas between, or one hashed name. */
  readonly names: string;
  readonly keyType: string;
  /** The key's blob in base64. */
  readonly key: string;
}

/** The entries of a known_hosts file, without comments and lines that make no sense (OpenSSH skips them too). */
export function parseKnownHosts(file: string, text: string): KnownHostsEntry[] {
  const entries: KnownHostsEntry[] = [];
  text.split('\n').forEach((raw, index) => {
    const fields = raw.trim().split(/[ \t]+/);
    let marker: KnownHostsEntry['marker'];
    if (fields[0] === '@revoked') marker = 'revoked';
    else if (fields[0] === '@cert-authority') marker = 'cert-authority';
    else if (fields[0]?.startsWith('@')) return;
    if (marker !== undefined) fields.shift();
    const [names, keyType, key] = fields;
    if (names === undefined || names.startsWith('#') || keyType === undefined || key === undefined) return;
    entries.push({ file, line: index + 1, marker, names, keyType, key });
  });
  return entries;
}

/** The name under which OpenSSH keeps a host: in lower case, with brackets and port where that is not 22. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether an entry is about `name`: hashed (`|1|salt|hash`, HMAC-SHA1), or a list of patterns with `*`, `?` and `!`. */
export function entryMatches(entry: KnownHostsEntry, name: string): boolean {
  if (entry.names.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = entry.names.split('|');
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let matches = false;
  for (const pattern of entry.names.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!patternMatches(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matches = true;
  }
  return matches;
}

/** `*` and `?` as in ssh_config(5); brackets are ordinary characters. */
function patternMatches(pattern: string, name: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\*?]/g, (sign) =>
    sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`,
  );
  return new RegExp(`^${source}$`).test(name);
}

/** The type of a public key, out of its blob: its first string. */
export function keyTypeOf(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** What the known_hosts files say about the key that a host showed. */
export type HostKeyVerdict =
  | { readonly is: 'known' }
  | { readonly is: 'unknown' }
  | { readonly is: 'changed'; readonly entry: KnownHostsEntry }
  | { readonly is: 'revoked'; readonly entry: KnownHostsEntry };

/** What is known of one host: look it up once, judge the key that it shows. */
export class KnownHost {
  readonly name: string;
  readonly #entries: readonly KnownHostsEntry[];
  readonly #revoked: readonly KnownHostsEntry[];
  /** Whether a certificate authority vouches for the host: only OpenSSH's own client can check that. */
  readonly hasAuthority: boolean;

  /**
   * `name` comes from `knownHostsName`. Where nothing is known under `[host]:port`, the plain host name counts, as with
   * OpenSSH.
   */
  constructor(all: readonly KnownHostsEntry[], name: string) {
    this.name = name;
    const plainName = /^\[(.*)\]:\d+$/.exec(name)?.[1];
    let about = all.filter((entry) => entryMatches(entry, name));
    const revokedAnyway = about.filter((entry) => entry.marker === 'revoked');
    if (plainName !== undefined && about.length === revokedAnyway.length) {
      about = [...about, ...all.filter((entry) => entryMatches(entry, plainName))];
    }
    this.#revoked = about.filter((entry) => entry.marker === 'revoked');
    this.#entries = about.filter((entry) => entry.marker === undefined);
    this.hasAuthority = about.some((entry) => entry.marker === 'cert-authority');
  }

  /** The types of the keys that are known, in the order of the files: the host is asked for one of these first. */
  get keyTypes(): string[] {
    return [...new Set(this.#entries.map((entry) => entry.keyType))];
  }

  /** A known host that shows a key of another type than all known ones has changed, too. */
  judge(blob: Buffer): HostKeyVerdict {
    const key = blob.toString('base64');
    const revoked = this.#revoked.find((entry) => entry.key === key);
    if (revoked !== undefined) return { is: 'revoked', entry: revoked };
    if (this.#entries.some((entry) => entry.key === key)) return { is: 'known' };
    const type = keyTypeOf(blob);
    const entry = this.#entries.find(({ keyType }) => keyType === type) ?? this.#entries[0];
    return entry === undefined ? { is: 'unknown' } : { is: 'changed', entry };
  }
}
