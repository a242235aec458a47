import { existsSync, readFileSync } from 'node:fs';
import type { ParsedKey } from 'ssh2';
import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { IdentityFile } from './resolve-hop.ts';

/** A private key file as it was found. */
export type Identity =
  | { readonly is: 'usable'; readonly path: string; readonly key: ParsedKey }
  /** It wants a passphrase: only an agent can use it. `publicBlob` finds it there. */
  | { readonly is: 'protected'; readonly path: string; readonly publicBlob: Buffer | undefined }
  /** A kind of key that only OpenSSH's own client can use: FIDO keys, keys with a certificate. */
  | { readonly is: 'openssh-only'; readonly path: string; readonly why: string }
  | { readonly is: 'missing'; readonly path: string }
  | { readonly is: 'unreadable'; readonly path: string; readonly why: string };

/** ssh2's parser of keys. */
export type ParseKey = (data: Buffer, passphrase?: string) => ParsedKey | Error;

/** The type of the key in a `.pub` file or at the head of an OpenSSH private key, which keeps its public half in clear. */
export function publicHalf(path: string, content: Buffer): Buffer | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(content.toString('latin1'))?.[1];
  if (body !== undefined) {
    const blob = Buffer.from(body, 'base64');
    const fields = readStrings(blob, 'openssh-key-v1\0'.length);
    if (fields !== undefined) return fields;
  }
  try {
    const base64 = readFileSync(`${path}.pub`, 'utf8').trim().split(/\s+/)[1];
    return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  } catch {
    return undefined;
  }
}

/** openssh-key-v1: cipher, KDF and its options as strings, a number of keys, then the first public key. */
function readStrings(blob: Buffer, start: number): Buffer | undefined {
  let at = start;
  for (let field = 0; field < 3; field += 1) {
    if (at + 4 > blob.length) return undefined;
    at += 4 + blob.readUInt32BE(at);
  }
  at += 4;
  if (at + 4 > blob.length) return undefined;
  const length = blob.readUInt32BE(at);
  return at + 4 + length > blob.length ? undefined : blob.subarray(at + 4, at + 4 + length);
}

/** Reads one private key file. `certificates` are `CertificateFile`s that would go with it. */
export function readIdentity(path: string, parseKey: ParseKey): Identity {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return code === 'ENOENT' ? { is: 'missing', path } : { is: 'unreadable', path, why: code };
  }
  if (existsSync(`${path}-cert.pub`)) {
    return { is: 'openssh-only', path, why: `${path}-cert.pub is a certificate` };
  }
  const publicBlob = publicHalf(path, content);
  const type = publicBlob === undefined ? '' : publicBlob.toString('latin1', 4, 4 + publicBlob.readUInt32BE(0));
  if (type.startsWith('sk-')) return { is: 'openssh-only', path, why: `${path} is a key in a security token` };
  const key = parseKey(content);
  if (!(key instanceof Error)) {
    const first = Array.isArray(key) ? (key[0] as ParsedKey | undefined) : key;
    if (first?.isPrivateKey()) return { is: 'usable', path, key: first };
    return { is: 'unreadable', path, why: 'not a private key' };
  }
  if (/passphrase|encrypted/i.test(key.message)) return { is: 'protected', path, publicBlob };
  return { is: 'unreadable', path, why: key.message };
}

/** Key files, each read and parsed once, however many hosts use it. */
export class Identities {
  readonly #parseKey: ParseKey;
  readonly #read = new Map<string, Identity>();

  constructor(parseKey: ParseKey) {
    this.#parseKey = parseKey;
  }

  /** Throws `ConnectionError` (`key-file`) where a file that the inventory names cannot be used at all. */
  load(host: HostAddress, files: readonly IdentityFile[]): Identity[] {
    return files.map(({ path, required }) => {
      const identity = this.#read.get(path) ?? readIdentity(path, this.#parseKey);
      this.#read.set(path, identity);
      if (required && identity.is === 'missing') {
        throw new ConnectionError(host, 'key-file', `${host}: there is no private key file ${path}`, {
          hint: 'correct ansible_ssh_private_key_file in the inventory, or leave it empty to use the agent',
        });
      }
      if (required && identity.is === 'unreadable') {
        throw new ConnectionError(host, 'key-file', `${host}: cannot use the private key ${path}: ${identity.why}`, {
          hint: 'it must be a private key that OpenSSH can read (ssh-keygen -y -f FILE tells)',
        });
      }
      return identity;
    });
  }
}
