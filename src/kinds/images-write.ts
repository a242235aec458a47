import { KonvoyError } from '../core/errors.ts';
import type { Argv } from '../core/fact.ts';
import { ask } from '../core/fact.ts';
import type { Change } from '../core/plan.ts';
import { type ImagesResource, printImageName } from '../core/resource.ts';
import { containerdBlobs } from '../facts/containerd-blobs.ts';
import { containerdImages } from '../facts/containerd-images.ts';
import { askWriterAll, askWriter } from './ask-writer.ts';
import type { Writers } from './kind.ts';

/**
 * Nothing is unpacked: containerd does so for what is really started (a third of the work of an import, and of the disk),
 * beside other pods and not one image after the other.
 */
const IMPORT: Argv = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '--no-unpack', '-'];

function noContainerd(host: string): KonvoyError {
  return new KonvoyError(`${host}: containerd does not run, so it cannot take images`, {
    hint: 'look at it there: systemctl status containerd; journalctl -u containerd',
  });
}

/** Brings the images that containerd lacks, in one archive without the blobs that it has. */
export async function writeImages({ resource }: Change<ImagesResource>, writers: Writers): Promise<void> {
  const { host, images } = resource;
  if (writers.parts === undefined) throw new KonvoyError('container images come out of a bundle, and none is named');
  const writer = await writers.hosts.writer(host);
  const asked = { images: ask(containerdImages, host, {}), blobs: ask(containerdBlobs, host, {}) };
  const answers = await askWriterAll(writer, Object.values(asked));
  const [there, blobs] = [answers.get(asked.images), answers.get(asked.blobs)];
  if (there === undefined || blobs === undefined) throw noContainerd(host);
  const missing = images.filter((image) => !there.has(printImageName(image)));
  if (missing.length === 0) return;
  const archive = await writers.parts.images(missing, blobs);
  const count = missing.length === 1 ? 'one image' : `${missing.length} images`;
  writers.step(`copying ${count} (${Math.ceil(archive.size / 1e6)} MB)`);
  await writer.stream(IMPORT, archive, { signal: writers.signal });
  const now = await askWriter(writer, asked.images);
  const left = missing.map(printImageName).filter((name) => now?.has(name) !== true);
  if (left.length > 0) {
    throw new KonvoyError(`${host}: containerd took the archive and does not have ${left.join(', ')}`, {
      hint: 'look at what it says there: journalctl -u containerd',
    });
  }
}
