import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Buildable, BuiltPart } from './part-cache.ts';

/** An image layer as it is sent and stored: a part that is compressed. */
export interface PackedLayer extends BuiltPart {
  /** The sha256 of the layer itself, which an image's config names. */
  readonly diffId: string;
}

/** Level 6 takes three times as long as 1 once, and saves an eighth of every copy. */
const LEVEL = 6;

/**
 * The compressed form of a layer: a third of the bytes to send to each host, and to be stored and hashed there. What
 * gzip makes differs between versions of zlib, so the one in use is part of what decides.
 */
export function describePackedLayer({ name, version, licence, origin, sha256 }: BuiltPart): Buildable {
  const inputs = ['gzip', String(LEVEL), process.versions.zlib ?? '', sha256];
  return { name: `${name} (gzip)`, version, licence, origin, inputs };
}

export async function writePackedLayer(layer: BuiltPart, path: string): Promise<void> {
  await pipeline(createReadStream(layer.path), createGzip({ level: LEVEL }), createWriteStream(path, { mode: 0o644 }));
}
