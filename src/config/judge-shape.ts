import type { z } from 'zod';
import { type ConfigPath, printConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace } from '../core/diagnostic.ts';
import { knownKeys } from './known-keys.ts';
import { nearest } from './nearest.ts';
import { isSecretKey } from '../core/secret-keys.ts';
import { isRecord } from './yaml-values.ts';

export type Placer = (path: ConfigPath, target: 'key' | 'value') => DocumentPlace;

export interface JudgedShape<T> {
  /** The value with defaults; what is wrong in it is replaced as if it were not written. Undefined: beyond that. */
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What was wrong: judging it against other values says nothing. */
  readonly refused: readonly ConfigPath[];
}

/** Compares a value with a schema and tells of everything that does not fit, in our words. */
export function judgeShape<T>(schema: z.ZodType<T>, value: unknown, place: Placer): JudgedShape<T> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, diagnostics: [], refused: [] };
  const issues = result.error.issues;
  const diagnostics = issues.flatMap((issue) => describeIssue(schema, issue, value, place));
  const refused: ConfigPath[] = [];
  const rest = structuredClone(value);
  let left: readonly z.core.$ZodIssue[] = issues;
  for (let round = 0; round < 8; round += 1) {
    for (const issue of left) {
      const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
      for (const wrong of paths) refused.push(remove(rest, wrong));
    }
    const again = schema.safeParse(rest);
    if (again.success) return { value: again.data, diagnostics, refused };
    left = again.error.issues;
  }
  return { value: undefined, diagnostics, refused };
}

/** Takes out the value at a path: the whole list for an item of a list, the parent of what is not there. */
function remove(root: unknown, path: ConfigPath): ConfigPath {
  const last = path.at(-1);
  if (last === undefined) return path;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(root, parentPath);
  if (typeof last === 'string' && isRecord(parent) && Object.hasOwn(parent, last)) {
    delete parent[last];
    return path;
  }
  return remove(root, parentPath);
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const step of path) {
    if (Array.isArray(value)) value = typeof step === 'number' ? value[step] : undefined;
    else value = isRecord(value) && Object.hasOwn(value, String(step)) ? value[String(step)] : undefined;
  }
  return value;
}

function describeIssue(schema: z.ZodType, issue: z.core.$ZodIssue, root: unknown, place: Placer): Diagnostic[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const name = path.length === 0 ? 'the document' : printConfigPath(path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(schema, [...path, key], 'error', place));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => {
      const { message, code, hint } = customPart(inner);
      return diagnostic(code, `${name}: the key ${message}`, place(path, 'key'), hint);
    });
  }
  const value = valueAt(root, path);
  if (value === undefined) {
    return [diagnostic('required', `${name} is missing`, place(path, 'key'))];
  }
  if (issue.code === 'custom') {
    const { message, code, hint } = customPart(issue);
    return [diagnostic(code, `${name} ${message}`, place(path, 'value'), hint)];
  }
  const { code, must, hint } = expectation(issue, value);
  const shown = isSecretKey(String(path.findLast((step) => typeof step === 'string') ?? ''))
    ? 'this value'
    : show(value);
  return [diagnostic(code, `${name} must be ${must}, not ${shown}`, place(path, 'value'), hint)];
}

function diagnostic(code: string, message: string, at: DocumentPlace, hint?: string): Diagnostic {
  const made: Diagnostic = { code, severity: 'error', message, at };
  return hint === undefined ? made : { ...made, hint };
}

/** The diagnostic of a key that the schema does not know. */
export function unknownKey(
  schema: z.ZodType,
  path: ConfigPath,
  severity: 'error' | 'warning',
  place: Placer,
  becomes = '',
): Diagnostic {
  const key = String(path.at(-1));
  const known = knownKeys(schema, path.slice(0, -1));
  const near = nearest(key, known);
  const hint =
    near === undefined
      ? known.length > 0 && known.length <= 12
        ? `known here: ${known.join(', ')}`
        : 'remove it'
      : `did you mean ${near}?`;
  return {
    code: 'unknown-key',
    severity,
    message: `${printConfigPath(path)} is not a known key${becomes}`,
    hint,
    at: place(path, 'key'),
  };
}

function customPart(issue: z.core.$ZodIssue): { message: string; code: string; hint: string | undefined } {
  const params = issue.code === 'custom' ? issue.params : undefined;
  const { code, hint } = params ?? {};
  return {
    message: issue.message,
    code: typeof code === 'string' ? code : 'invalid-value',
    hint: typeof hint === 'string' ? hint : undefined,
  };
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

function expectation(issue: z.core.$ZodIssue, value: unknown): { code: string; must: string; hint?: string } {
  if (issue.code === 'invalid_type') {
    const must = TYPE_NAMES[issue.expected] ?? issue.expected;
    const hint = typeHint(issue.expected, value);
    return hint === undefined ? { code: 'wrong-type', must } : { code: 'wrong-type', must, hint };
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const near = typeof value === 'string' ? nearest(value, values) : undefined;
    const must = values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`;
    return near === undefined
      ? { code: 'invalid-value', must }
      : { code: 'invalid-value', must, hint: `did you mean ${near}?` };
  }
  if (issue.code === 'too_small')
    return { code: 'invalid-value', must: `${issue.minimum} or more${lengthOf(issue.origin)}` };
  if (issue.code === 'too_big')
    return { code: 'invalid-value', must: `${issue.maximum} or less${lengthOf(issue.origin)}` };
  if (issue.code === 'invalid_union') return { code: 'invalid-value', must: 'a whole number' };
  if (issue.code === 'invalid_format' && issue.format === 'regex')
    return { code: 'wrong-type', must: 'a whole number' };
  return { code: 'invalid-value', must: 'a different value' };
}

function lengthOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' items long' : '';
}

function typeHint(expected: string, value: unknown): string | undefined {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return `quote it: "${value}"`;
  if (typeof value !== 'string') return undefined;
  if (expected === 'boolean' && /^(?:y|yes|on|true)$/i.test(value)) return 'write true, without quotes';
  if (expected === 'boolean' && /^(?:n|no|off|false)$/i.test(value)) return 'write false, without quotes';
  if ((expected === 'int' || expected === 'number') && /^[0-9]+$/.test(value)) return 'write the number without quotes';
  return undefined;
}

function show(value: unknown): string {
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  const text = JSON.stringify(value);
  return `the text ${text.length > 60 ? `${text.slice(0, 57)}…"` : text}`;
}
