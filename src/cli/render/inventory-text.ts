import { printLineDiff } from './plan-text.ts';
import type { Style } from './style.ts';

/** What becomes of the inventory, line by line, under a title. `before` is undefined where there is none. */
export function printInventory(
  title: string,
  { before, after }: { readonly before: string | undefined; readonly after: string },
  style: Style,
): string {
  const lines = printLineDiff(before ?? '', after, style);
  return `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
}
