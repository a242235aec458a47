import { ApplyFailed, ConfigInvalid, KonvoyError } from '../../core/errors.ts';
import { printDiagnostics } from './diagnostics.ts';
import type { Style } from './style.ts';
import { hintOf, messageOf, nameOf } from './words.ts';

function withHint(text: string, hint: string | undefined): string {
  return hint === undefined ? `${text}\n` : `${text}\n  hint: ${hint}\n`;
}

function printApplyFailed(error: ApplyFailed): string {
  const list = (title: string, changes: ApplyFailed['done']) =>
    changes.length === 0
      ? ''
      : `${title}:\n${changes.map(({ verb, resource }) => `  [${resource.host}] ${verb} ${nameOf(resource)}`).join('\n')}\n`;
  const failures = error.failures.map((failure) =>
    withHint(`  [${failure.host}] ${messageOf(failure.error)}`, hintOf(failure.error)),
  );
  const failed = failures.length === 0 ? '' : `failed:\n${failures.join('')}`;
  return `${list('done', error.done)}${list('left', error.left)}${failed}`;
}

function causes(error: Error): string {
  const lines = [error.stack ?? String(error)];
  if (error.cause instanceof Error) lines.push(`caused by ${causes(error.cause)}`);
  return lines.join('\n');
}

/** An error for a person: what is wrong, and what to do about it. Stack traces only when asked for. */
export function printError(error: unknown, style: Style, options: { verbose: boolean; columns: number }): string {
  const stack = options.verbose && error instanceof Error ? `${style.quiet(causes(error))}\n` : '';
  const mark = style.bad('Error:');
  if (!(error instanceof KonvoyError)) {
    const hint = 'this is a defect of konvoy; run it again with --verbose and report what it prints';
    return `${withHint(`${mark} ${messageOf(error)}`, hint)}${stack}`;
  }
  if (error instanceof ConfigInvalid) {
    const problems = printDiagnostics(error.diagnostics, error.documents, { style, columns: options.columns });
    return `${problems}\n${mark} ${error.message}\n${stack}`;
  }
  const details = error instanceof ApplyFailed ? `\n${printApplyFailed(error)}\n` : '';
  return `${details}${withHint(`${mark} ${error.message}`, error.hint)}${stack}`;
}
