import { sha256Of } from './file-digest.ts';
import type { PackedLayer } from './packed-layer.ts';
import type { PinnedImage } from './pinned-part.ts';

/** One blob of an image: named by its digest. */
export interface Blob {
  readonly mediaType: string;
  /** `sha256:` and the digest. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** The two documents of an image, beside its layers. Equal layers give equal documents. */
export interface ImageDocuments {
  readonly config: Uint8Array;
  readonly manifest: Uint8Array;
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** Go's name of a processor, which images use, for Node's. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export function goArchitecture(): string {
  return ARCHITECTURES[process.arch] ?? process.arch;
}

/**
 * Config and manifest of an image (https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md), its layers
 * the lowest first.
 */
export function describeImage(image: PinnedImage, layers: readonly PackedLayer[]): ImageDocuments {
  const config = encode({
    architecture: goArchitecture(),
    os: 'linux',
    config: {
      User: image.user,
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(image.env ?? [])],
      Entrypoint: image.entrypoint,
      Cmd: image.command,
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
  });
  const manifest = encode({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: blobOf(CONFIG_TYPE, config),
    layers: layers.map(({ sha256, size }) => ({ mediaType: LAYER_TYPE, digest: `sha256:${sha256}`, size })),
  });
  return { config, manifest };
}

/** The index of images: which manifest has which name, in the form that `ctr images import` reads. */
export function describeIndex(images: readonly { readonly reference: string; readonly manifest: Blob }[]): Uint8Array {
  return encode({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: images.map(({ reference, manifest }) => ({
      ...manifest,
      annotations: {
        // The name that containerd stores, and the one of the specification.
        'io.containerd.image.name': reference,
        'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
      },
    })),
  });
}

/** The file that makes a folder or archive an OCI image layout. */
export const LAYOUT_FILE = encode({ imageLayoutVersion: '1.0.0' });

export function blobOf(mediaType: string, data: Uint8Array): Blob {
  return { mediaType, digest: `sha256:${sha256Of(data)}`, size: data.length };
}

function encode(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
