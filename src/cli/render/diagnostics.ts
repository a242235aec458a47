import { printConfigPath } from '../../core/address.ts';
import type { Diagnostic, TextPosition } from '../../core/diagnostic.ts';
import { redact } from '../../core/redact.ts';
import { codeFrame, maskSecrets } from './code-frame.ts';
import type { Json } from './json.ts';
import type { Style } from './style.ts';

/** A diagnostic with its position. */
export interface PlacedDiagnostic {
  readonly diagnostic: Diagnostic;
  readonly position: TextPosition;
}

/** Diagnostics for a person: position, message, the lines of the file, hint and code. `texts` are the files by name. */
export function printDiagnostics(
  placed: readonly PlacedDiagnostic[],
  texts: ReadonlyMap<string, string>,
  options: { style: Style; columns: number },
): string {
  const masked = new Map([...texts].map(([file, text]) => [file, maskSecrets(text)]));
  return placed
    .map(({ diagnostic, position }) => {
      const { code, severity, message, hint } = diagnostic;
      const mark =
        severity === 'error'
          ? options.style.bad(severity)
          : severity === 'warning'
            ? options.style.careful(severity)
            : severity;
      // What is about the whole has no line to show.
      const lines = diagnostic.at === undefined ? undefined : masked.get(position.file);
      const head = `${position.file}:${position.line}:${position.column}: ${mark} ${options.style.quiet(`[${code}]`)} ${redact(message)}`;
      const frame = lines === undefined ? '' : `\n${codeFrame(lines, position, options.columns)}`;
      return `${head}${frame}${hint === undefined ? '' : `\n  hint: ${redact(hint)}`}\n`;
    })
    .join('\n');
}

/** How many of each, in words. */
export function summarizeDiagnostics(placed: readonly PlacedDiagnostic[], files: readonly string[]): string {
  const count = (severity: Diagnostic['severity']): number =>
    placed.filter(({ diagnostic }) => diagnostic.severity === severity).length;
  const some = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const [errors, warnings] = [count('error'), count('warning')];
  const name = files.join(' and ');
  if (errors > 0) return `${name}: ${some(errors, 'error')}, ${some(warnings, 'warning')}`;
  return `${name}: valid${warnings > 0 ? `, with ${some(warnings, 'warning')}` : ''}`;
}

/** A diagnostic as `validate --output json` gives it. */
export function diagnosticToJson({ diagnostic, position }: PlacedDiagnostic): Json {
  const { code, severity, message, hint, at } = diagnostic;
  return {
    code,
    severity,
    message: redact(message),
    ...(hint === undefined ? {} : { hint: redact(hint) }),
    file: position.file,
    line: position.line,
    column: position.column,
    path: at !== undefined && 'path' in at ? printConfigPath(at.path) : '',
  };
}
