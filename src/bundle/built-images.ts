import { readDebianLayerRecipe, writeDebianLayer } from './debian-layer.ts';
import type { DebianSource } from './debian-packages.ts';
import type { GoWorkshop } from './go-programs.ts';
import { describeImageLayer, writeImageLayer } from './image-layer.ts';
import { describePackedLayer, type PackedLayer, writePackedLayer } from './packed-layer.ts';
import type { BuiltPart, Obtain } from './part-cache.ts';
import type { DebianLayerName, PinnedImage } from './pinned-part.ts';

/** An image with its layers, the lowest first. */
export interface BuiltImage {
  readonly image: PinnedImage;
  readonly layers: readonly PackedLayer[];
}

/** All of `images`, built. `recipes`: the folder `lab/images`. Undefined where a layer cannot be had. */
export async function collectImages(
  workshop: GoWorkshop,
  pinned: readonly PinnedImage[],
  recipes: string,
  source: DebianSource,
  programs: readonly BuiltPart[],
  obtain: Obtain,
): Promise<BuiltImage[] | undefined> {
  const shared = new Map<DebianLayerName, PackedLayer>();
  for (const name of new Set(pinned.flatMap(({ below }) => below))) {
    const recipe = await readDebianLayerRecipe(recipes, name, source);
    const layer = await obtain(recipe.part, (path) => writeDebianLayer(recipe, path, workshop.signal));
    const packed = await packLayer(layer, obtain);
    if (packed === undefined) return undefined;
    shared.set(name, packed);
  }
  const images: BuiltImage[] = [];
  for (const image of pinned) {
    const described = await describeImageLayer(workshop, image, programs);
    const layer = await obtain(described, (path) => writeImageLayer(workshop, image, programs, path));
    const packed = await packLayer(layer, obtain);
    if (packed === undefined) return undefined;
    images.push({ image, layers: [...image.below.flatMap((name) => shared.get(name) ?? []), packed] });
  }
  return images;
}

async function packLayer(layer: BuiltPart | undefined, obtain: Obtain): Promise<PackedLayer | undefined> {
  if (layer === undefined) return undefined;
  const packed = await obtain(describePackedLayer(layer), (path) => writePackedLayer(layer, path));
  return packed === undefined ? undefined : { ...packed, diffId: layer.sha256 };
}
