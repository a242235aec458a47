import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Style } from './style.ts';

/** `cluster.yaml:3:7: warning: …`, with the hint below. */
export function printDiagnostic({ severity, message, hint, at }: Diagnostic, style: Style): string {
  const mark = severity === 'error' ? style.bad('error') : severity === 'warning' ? style.careful('warning') : 'info';
  const where = at !== undefined && 'line' in at ? `${at.file}:${at.line}:${at.column}: ` : '';
  return `${where}${mark}: ${message}\n${hint === undefined ? '' : `  hint: ${hint}\n`}`;
}
