import type { ByteSource } from '../connections/host.ts';
import type { PartName } from '../core/part-name.ts';
import type { ImageName } from '../core/resource.ts';

/** A file with what it must be when it has arrived. */
export interface FileBytes extends ByteSource {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** What konvoy brings along: `bin/`, `charts/` and `images/` of a bundle; without one, programs that are downloaded. */
export interface PartSource {
  /** What it is, for messages: `the bundle /srv/bundle`. */
  readonly origin: string;
  /** The machines that its programs are for, in the word of `uname -m`; undefined: it does not say. */
  readonly machine: string | undefined;
  /** The versions of a part that there are, sorted; of an image (by its repository) the tags. */
  versions(name: string): readonly string[];
  /**
   * Sees to it that these are on this machine, whole and checked: before any host is touched. Fails where one cannot be
   * had. Only what it was called for can be had from `file`.
   */
  bring(parts: readonly PartName[]): Promise<void>;
  /** A program or a chart by name and version. Fails where there is none. */
  file(part: PartName): Promise<FileBytes>;
  /**
   * Images as one archive for `ctr images import -`, without the blobs whose digests (`sha256:…`) are in `present`. Fails
   * where one is missing.
   */
  images(images: readonly ImageName[], present: ReadonlySet<string>): Promise<ByteSource>;
}
