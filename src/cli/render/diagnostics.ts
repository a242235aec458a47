import { printConfigPath } from '../../core/address.ts';
import { type Diagnostic, type Documents, positionOf, type Severity } from '../../core/diagnostic.ts';
import { redact } from '../../core/redact.ts';
import { codeFrame, maskSecrets } from './code-frame.ts';
import type { Json } from './json-value.ts';
import type { Style } from './style.ts';

/**
 * Diagnostics for a person, wherever they come from: position, code, message, the lines of the file, and what to do.
 * What is about the whole has no position.
 */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  documents: Documents,
  options: { style: Style; columns: number },
): string {
  const masked = new Map([...documents.texts].map(([file, text]) => [file, maskSecrets(text)]));
  return diagnostics
    .map((diagnostic) => {
      const { code, severity, message, hint } = diagnostic;
      const position = positionOf(diagnostic, documents);
      const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
      const lines = position === undefined ? undefined : masked.get(position.file);
      const frame =
        position === undefined || lines === undefined ? '' : `\n${codeFrame(lines, position, options.columns)}`;
      const head = `${where}${tint(severity, options.style)} ${options.style.quiet(`[${code}]`)} ${redact(message)}`;
      return `${head}${frame}${hint === undefined ? '' : `\n  hint: ${redact(hint)}`}\n`;
    })
    .join('\n');
}

function tint(severity: Severity, style: Style): string {
  if (severity === 'error') return style.bad(severity);
  return severity === 'warning' ? style.careful(severity) : severity;
}

/** How many of each, in words. */
export function summarizeDiagnostics(diagnostics: readonly Diagnostic[], files: readonly string[]): string {
  const count = (severity: Diagnostic['severity']): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const some = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const [errors, warnings] = [count('error'), count('warning')];
  const name = files.join(' and ');
  if (errors > 0) return `${name}: ${some(errors, 'error')}, ${some(warnings, 'warning')}`;
  return `${name}: valid${warnings > 0 ? `, with ${some(warnings, 'warning')}` : ''}`;
}

/** A diagnostic as JSON. `whole` is the file named for what is about the whole; without it there is no position then. */
export function diagnosticToJson(diagnostic: Diagnostic, documents: Documents, whole?: string): Json {
  const { code, severity, message, hint, at } = diagnostic;
  const start = whole === undefined ? undefined : { file: whole, line: 1, column: 1 };
  const position = positionOf(diagnostic, documents) ?? start;
  const path = at !== undefined && 'path' in at ? printConfigPath(at.path) : '';
  return {
    code,
    severity,
    message: redact(message),
    ...(hint === undefined ? {} : { hint: redact(hint) }),
    ...(position === undefined ? {} : { ...position, path }),
  };
}
