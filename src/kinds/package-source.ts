import type { HostWriter } from '../connections/host.ts';

/** One file of a flat package repository. */
export interface PackageFile {
  /** Its name within the folder, without a path: `keepalived_2.2.7-1+b2_amd64.deb`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Packages that konvoy brings along: the `packages/` folder of a bundle. Without one the host's own repositories serve. */
export interface PackageSource {
  /** Where it is, for messages. */
  readonly origin: string;
  /** Everything in it, packages and indexes, sorted by name. */
  files(): Promise<readonly PackageFile[]>;
  /** The bytes of one file. Throws where there is none of that name. */
  read(name: string): Promise<Uint8Array>;
}

/** Puts the bytes of a package into a file that apt or dnf checks by itself. */
export async function copyToHost(bytes: Uint8Array, path: string, writer: HostWriter): Promise<void> {
  const content = async function* () {
    yield bytes;
  };
  await writer.stream(['sh', '-c', 'cat >"$1"', 'sh', path], { size: bytes.length, bytes: content() });
}
