import type { CorefileProblem, Word } from './corefile/syntax.ts';

/** Something about a Corefile that its owner should know. */
export interface CorefileFinding extends CorefileProblem {
  /** `fail`: CoreDNS does not start with it, or does not do what it is there for. */
  readonly severity: 'fail' | 'warn';
  readonly hint: string;
}

/** A finding at a word. */
export function findingAt(
  { line, column }: Pick<Word, 'line' | 'column'>,
  severity: CorefileFinding['severity'],
  message: string,
  hint: string,
): CorefileFinding {
  return { line, column, severity, message, hint };
}

/** `Corefile:5:8: …`, as compilers write it. */
export function printFinding({ line, column, message }: CorefileProblem): string {
  return `Corefile:${line}:${column}: ${message}`;
}
