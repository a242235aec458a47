import type { Bundle } from '../../bundle/open-bundle.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** Bytes for a person: `12.3 MiB`. */
export function printBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** The parts of a bundle, each on one line and its origin below, and what vouches for them. */
export function printParts({ folder, digest, parts }: Bundle): string {
  const width = Math.max(...parts.map(({ name, version }) => name.length + version.length + 1), 0);
  const lines = parts.flatMap(({ name, version, size, sha256, licence, origin }) => [
    `${`${name} ${version}`.padEnd(width)}  ${printBytes(size).padStart(10)}  ${sha256}`,
    `    ${licence}; ${origin}`,
  ]);
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  return [...lines, `${parts.length} parts, ${printBytes(total)}, in ${folder}`, `digest ${digest}`, ''].join('\n');
}
