import { isSecretKey } from '../../core/secret-keys.ts';
import { redact } from '../../core/redact.ts';
import type { TextPosition } from '../../core/diagnostic.ts';

const MASK = '••••••';
/** `key:` of YAML, and `key =` of the TOML that may stand in it. */
const KEY = /(["']?)([A-Za-z][\w.-]*)\1\s*(?::(?=\s|$)|=)/g;

/**
 * The lines of a YAML text with the values of secret keys masked, also where the text cannot be parsed: everything
 * behind such a key on its line, and the more deeply indented lines below it.
 */
export function maskSecrets(text: string): readonly string[] {
  let secretIndent: number | undefined;
  return text.split('\n').map((raw) => {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const indent = line.search(/\S/);
    if (secretIndent !== undefined && (indent < 0 || indent > secretIndent)) {
      return indent < 0 ? line : `${line.slice(0, indent)}${MASK}`;
    }
    secretIndent = undefined;
    for (const match of line.matchAll(KEY)) {
      if (!isSecretKey(match[2] ?? '')) continue;
      secretIndent = match.index;
      const behind = match.index + match[0].length;
      return line.slice(behind).trim() === '' ? line : `${line.slice(0, behind)} ${MASK}`;
    }
    return redact(line.replaceAll(/(:\/\/)[^\s/@]+@/g, `$1${MASK}@`));
  });
}

/** The line of a position between its neighbours, with a mark under the column. `lines` come from `maskSecrets`. */
export function codeFrame(lines: readonly string[], position: TextPosition, columns: number): string {
  const first = Math.max(1, position.line - 1);
  const last = Math.min(lines.length, position.line + 1);
  const width = String(last).length;
  const room = Math.max(20, columns - width - 6);
  const printable = (text: string): string => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these would move the terminal's cursor
    const clean = text.replaceAll('\t', ' ').replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
    return clean.length > room ? `${clean.slice(0, room - 1)}…` : clean;
  };
  const frame: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const here = number === position.line;
    frame.push(
      `${here ? '>' : ' '} ${String(number).padStart(width)} | ${printable(lines[number - 1] ?? '')}`.trimEnd(),
    );
    if (here && position.column <= room) frame.push(`  ${' '.repeat(width)} | ${' '.repeat(position.column - 1)}^`);
  }
  return frame.join('\n');
}
