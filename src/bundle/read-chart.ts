import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BundleInvalid } from './bundle-index.ts';
import { type Bundle, findPart, readPart } from './open-bundle.ts';
import { tarFiles } from './read-tar.ts';
import { chartPartName, type ChartName } from '../core/helm-release.ts';

/** What a chart says of its values. */
export interface ChartValues {
  /** The text of `values.yaml`: the defaults. */
  readonly defaults: string;
  /** The text of `values.schema.json`; undefined where it has none. */
  readonly schema: string | undefined;
}

/** The files of a tar archive that lie in its one folder, by name; those below further folders are left out. */
function filesAtTop(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const { name, data } of tarFiles(archive)) {
    const [, file] = /^[^/]+\/([^/]+)$/.exec(name) ?? [];
    if (file !== undefined) files.set(file, data);
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
