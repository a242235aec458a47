import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMap, isScalar, parseDocument } from 'yaml';
import type { CliContext } from './context.ts';

const PATH = ['all', 'vars', 'control_plane_endpoint'];

/**
 * The text of an inventory with this address of the API. Only that value is touched: comments, order and layout of all else
 * stay to the letter, but where the inventory has no `all.vars` in block form, which is then written anew.
 */
export function withEndpoint(text: string, endpoint: string): string {
  const document = parseDocument(text);
  const value = document.getIn(PATH, true);
  if (isScalar(value) && value.range !== undefined && value.range !== null && value.value !== null) {
    return `${text.slice(0, value.range[0])}${endpoint}${text.slice(value.range[1])}`;
  }
  const vars = document.getIn(PATH.slice(0, -1), true);
  const first = isMap(vars) && vars.flow !== true ? vars.items[0]?.key : undefined;
  if (value === undefined && isScalar(first) && first.range !== undefined && first.range !== null) {
    const at = first.range[0];
    const line = text.lastIndexOf('\n', at - 1) + 1;
    const indent = text.slice(line, at);
    if (/^ *$/.test(indent)) return `${text.slice(0, line)}${indent}${PATH[2]}: ${endpoint}\n${text.slice(line)}`;
  }
  document.setIn(PATH, endpoint);
  return document.toString({ lineWidth: 0 });
}

/** The inventory before and after; they are equal where it says so already. `before` stands in place of the file, where given. */
export async function editEndpoint(
  context: CliContext,
  file: string,
  endpoint: string,
  given?: string,
): Promise<{ readonly before: string; readonly after: string; save(): Promise<void> }> {
  const path = resolve(context.cwd, file);
  const before = given ?? (await readFile(path, 'utf8'));
  const after = withEndpoint(before, endpoint);
  return { before, after, save: () => writeFile(path, after) };
}
