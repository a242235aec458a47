import { z } from 'zod';
import { DIAGNOSTIC_CODES } from '../core/diagnostic-codes.ts';

/** What we read of a JSON Schema. */
interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** The table of all fields of a document, as Markdown. */
export function fieldTable(schema: z.ZodType): string {
  const rows: string[] = [];
  const visit = (node: SchemaNode, path: string): void => {
    const required = new Set(node.required ?? []);
    for (const [key, property] of Object.entries(node.properties ?? {})) {
      const at = path === '' ? key : `${path}.${key}`;
      const { description = '' } = property;
      rows.push(
        `| \`${at}\` | ${typeOf(property)} | ${defaultOf(property, required.has(key))} | ${cell(description)} |`,
      );
      visitInside(property, at);
    }
  };
  const visitInside = (node: SchemaNode, at: string): void => {
    const inner = node.anyOf?.find(({ properties }) => properties !== undefined) ?? node;
    if (inner.properties !== undefined) visit(inner, at);
    else if (inner.items !== undefined) visitInside(inner.items, `${at}[]`);
    else if (typeof inner.additionalProperties === 'object') visitInside(inner.additionalProperties, `${at}.*`);
  };
  visit(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode, '');
  return ['| Field | Type | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function typeOf(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return cell(node.enum.map((value) => `\`${String(value)}\``).join(', '));
  const choice = node.anyOf?.find(({ type }) => type !== 'null');
  if (choice !== undefined) return typeOf({ ...choice, ...limitsOf(node) });
  const { minimum, maximum } = node;
  if (node.type === 'integer') {
    const isLimited = minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
    return isLimited ? `number ${minimum}–${maximum}` : 'number';
  }
  if (node.type === 'array') return `list of ${node.items === undefined ? 'anything' : typeOf(node.items)}`;
  if (node.type === 'object') return 'mapping';
  return node.type === 'string' ? 'text' : node.type === 'boolean' ? 'true, false' : 'anything';
}

function limitsOf({ minimum, maximum }: SchemaNode): Partial<SchemaNode> {
  return { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
}

function defaultOf(node: SchemaNode, required: boolean): string {
  if (node.default === undefined) return required ? '(required)' : '';
  const text = JSON.stringify(node.default);
  return text === '{}' ? '' : `\`${cell(text)}\``;
}

/** The table of all codes, as Markdown. */
export function codeTable(): string {
  const rows = Object.entries(DIAGNOSTIC_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return ['| Code | Meaning |', '|---|---|', ...rows].join('\n');
}
