import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BundleInvalid } from './bundle-index.ts';
import { type Bundle, findPart, readPart } from './open-bundle.ts';
import { chartPartName, type ChartName } from '../core/helm-release.ts';

/** What a chart says of its values. */
export interface ChartValues {
  /** The text of `values.yaml`: the defaults. */
  readonly defaults: string;
  /** The text of `values.schema.json`; undefined where it has none. */
  readonly schema: string | undefined;
}

const BLOCK = 512;

/** The files of a tar archive that lie in its one folder, by name; those below further folders are left out. */
function filesAtTop(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const text = (from: number, to: number) => archive.toString('utf8', at + from, at + to).split('\0', 1)[0] ?? '';
    const [name, size] = [text(0, 100), Number.parseInt(text(124, 136).trim() || '0', 8)];
    if (name === '') break;
    const start = at + BLOCK;
    const [, file] = /^[^/]+\/([^/]+)$/.exec(name) ?? [];
    if (file !== undefined) files.set(file, archive.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** What the values of a chart of the bundle may be; undefined where the bundle has no such chart. */
export async function readChart(bundle: Bundle, { name, version }: ChartName): Promise<ChartValues | undefined> {
  const part = chartPartName(name);
  if (!bundle.parts.some((each) => each.name === part && each.version === version)) return undefined;
  const archive = await promisify(gunzip)(await readPart(bundle, findPart(bundle, part, version)));
  const files = filesAtTop(archive);
  const defaults = files.get('values.yaml');
  if (defaults === undefined) throw new BundleInvalid(`the chart ${name} ${version} has no values.yaml`);
  return { defaults: defaults.toString('utf8'), schema: files.get('values.schema.json')?.toString('utf8') };
}
