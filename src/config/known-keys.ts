import { z } from 'zod';
import type { ConfigPath } from '../core/address.ts';
import { isRecord } from './yaml-values.ts';

/** What we read of a JSON Schema. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

const schemas = new WeakMap<z.ZodType, SchemaNode>();

function rootOf(schema: z.ZodType): SchemaNode {
  const known = schemas.get(schema);
  if (known !== undefined) return known;
  const made: SchemaNode = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  schemas.set(schema, made);
  return made;
}

function stepInto(node: SchemaNode | undefined, step: string | number): SchemaNode | undefined {
  if (node === undefined) return undefined;
  if (typeof step === 'number') return withoutNull(node.items);
  const property =
    node.properties !== undefined && Object.hasOwn(node.properties, step) ? node.properties[step] : undefined;
  const other = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  return withoutNull(property ?? other);
}

/** `x or null` is x: only one of the alternatives of our schemas is a mapping. */
function withoutNull(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.anyOf?.find((choice) => choice.properties !== undefined) ?? node;
}

/** The keys that the schema knows in the mapping at a path. */
export function knownKeys(schema: z.ZodType, path: ConfigPath): readonly string[] {
  let node: SchemaNode | undefined = rootOf(schema);
  for (const step of path) node = stepInto(node, step);
  return Object.keys(node?.properties ?? {});
}

/** The paths of all keys in a value that an open schema lets through without knowing them. */
export function unknownKeys(schema: z.ZodType, value: unknown): readonly ConfigPath[] {
  const found: ConfigPath[] = [];
  const visit = (node: SchemaNode | undefined, current: unknown, path: ConfigPath): void => {
    if (Array.isArray(current)) {
      for (const [index, item] of current.entries()) visit(stepInto(node, index), item, [...path, index]);
    } else if (isRecord(current) && node?.properties !== undefined) {
      for (const [key, item] of Object.entries(current)) {
        if (Object.hasOwn(node.properties, key)) visit(stepInto(node, key), item, [...path, key]);
        else if (node.additionalProperties !== false) found.push([...path, key]);
      }
    }
  };
  visit(rootOf(schema), value, []);
  return found;
}
