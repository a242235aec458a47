import type { ConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace } from '../core/diagnostic.ts';
import { isJsonObject, type JsonObject, type JsonValue, textAt, toJson } from '../core/json.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** Bytes of one object: it travels as one word of a command, and Linux takes no word of 128 KiB. */
const LARGEST_OBJECT = 100 * 1024;

/** The user's own manifests. */
export interface LoadedExtras {
  readonly sources: readonly YamlSource[];
  readonly diagnostics: readonly Diagnostic[];
  /** In the order of the files; the members of lists one by one. */
  readonly objects: readonly JsonObject[];
}

interface Found {
  readonly object: JsonObject;
  readonly place: DocumentPlace;
}

function unfold(value: JsonValue, at: (path: ConfigPath) => DocumentPlace, path: ConfigPath): readonly Found[] {
  if (!isJsonObject(value)) return [{ object: {}, place: at(path) }];
  if (value.kind !== 'List' || !Array.isArray(value.items)) return [{ object: value, place: at(path) }];
  const items: readonly JsonValue[] = value.items;
  return items.flatMap((item, index) => unfold(item, at, [...path, 'items', index]));
}

/** What tells an object from all others; one without a namespace is in `default`, if its kind has any. */
function identityOf(object: JsonObject): string {
  const group = String(object.apiVersion).split('/').slice(0, -1).join('/');
  const namespace = textAt(object, 'metadata', 'namespace') ?? 'default';
  return [group, object.kind, namespace, textAt(object, 'metadata', 'name')].join(' ');
}

function problemOf({ object }: Found): Pick<Diagnostic, 'message' | 'hint'> | undefined {
  if (typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') {
    return { message: 'an object of Kubernetes has an apiVersion and a kind', hint: 'is this a manifest?' };
  }
  if (textAt(object, 'metadata', 'name') === undefined) {
    const message = `a ${object.kind} without metadata.name: konvoy would make another one in each run`;
    return { message, hint: 'give it a name' };
  }
  if (object.kind === 'Secret' && object.apiVersion === 'v1') {
    const hint = 'apply it with kubectl, or let something in the cluster make it';
    return { message: 'konvoy shows objects in plans and hands them to commands, and no Secret belongs there', hint };
  }
  const size = Buffer.byteLength(JSON.stringify(object));
  if (size <= LARGEST_OBJECT) return undefined;
  return {
    message: `this object has ${size} bytes, and konvoy applies up to ${LARGEST_OBJECT}`,
    hint: 'apply it with kubectl',
  };
}

/** Reads the user's manifests. Pure; never throws because of what is in them. */
export function loadExtras(files: readonly { readonly file: string; readonly text: string }[]): LoadedExtras {
  const sources = files.map(({ file, text }) => readYaml(file, text));
  const diagnostics: Diagnostic[] = sources.flatMap((source) => source.diagnostics);
  const known = new Map<string, Found>();
  for (const source of sources) {
    const { file } = source;
    const found = source.documents.flatMap((value, document) => {
      // An empty document, or one that could not be read.
      if (value === null) return [];
      return unfold(toJson(value), (path) => ({ file, document, path, target: 'value' }), []);
    });
    for (const each of found) {
      const problem = problemOf(each);
      if (problem !== undefined) {
        diagnostics.push({ code: 'extras-object', severity: 'error', ...problem, at: each.place });
        continue;
      }
      const identity = identityOf(each.object);
      const other = known.get(identity);
      if (other === undefined) known.set(identity, each);
      else {
        const message = `${String(each.object.kind)} ${textAt(each.object, 'metadata', 'name') ?? ''} stands in ${other.place.file} already`;
        diagnostics.push({
          code: 'duplicate-name',
          severity: 'error',
          message,
          hint: 'remove one of them',
          at: each.place,
        });
      }
    }
  }
  return { sources, diagnostics, objects: [...known.values()].map(({ object }) => object) };
}
