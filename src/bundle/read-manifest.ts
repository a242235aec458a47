import { parseAllDocuments } from 'yaml';
import { isJsonObject, type JsonObject, toJson } from '../core/json.ts';
import { BundleInvalid } from './bundle-index.ts';
import { type Bundle, findPart, readPart } from './open-bundle.ts';

/**
 * The objects of a manifest, a part of the bundle in YAML. Empty documents are left out. Fails with `BundleInvalid` where the
 * bundle has no such part, or where it holds something else than objects.
 */
export async function readManifest(bundle: Bundle, name: string, version: string): Promise<readonly JsonObject[]> {
  const part = findPart(bundle, name, version);
  const documents = parseAllDocuments((await readPart(bundle, part)).toString('utf8'));
  const problem = documents.flatMap(({ errors }) => errors)[0];
  if (problem !== undefined) throw new BundleInvalid(`${part.file} is no YAML: ${problem.message}`);
  const objects: JsonObject[] = [];
  for (const document of documents) {
    const value = toJson(document.toJS());
    if (value === null) continue;
    if (!isJsonObject(value) || typeof value.kind !== 'string' || !isJsonObject(value.metadata)) {
      throw new BundleInvalid(`${part.file} holds something that is no object of Kubernetes`);
    }
    objects.push(value);
  }
  return objects;
}
