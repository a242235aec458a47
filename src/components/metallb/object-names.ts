/**
 * A name of configInline as the name of an object in Kubernetes, as MetalLB's own converter makes it (configmaptocrs,
 * `formatToK8S`): 63 letters at most, small, `_` is `-`, a letter in front. What Kubernetes refuses beyond that (a dot
 * beside a dash, either of them at the end) goes, too. Empty where nothing is left.
 */
export function objectNameOf(name: string): string {
  return name
    .slice(0, 63)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z]+/, '')
    .replaceAll(/-*\.[.-]*/g, '.')
    .replace(/[.-]+$/, '');
}
