import type { ConfigPath } from './address.ts';

export type Severity = 'error' | 'warning' | 'info';

/** A place in one of the user's documents. `target` says whether the mark stands under the key or under its value. */
export interface DocumentPlace {
  /** The file as the user named it. */
  readonly file: string;
  /** Which document of a multi-document file, from 0. */
  readonly document: number;
  readonly path: ConfigPath;
  readonly target: 'key' | 'value';
}

/** Lines and columns count from 1, as editors do. */
export interface TextPosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Something to tell about the user's files or cluster. Collected, sorted and returned, never thrown.
 * `code` is stable and stands in docs/reference/diagnostics.md.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly hint?: string;
  readonly at?: DocumentPlace | TextPosition;
}

/** Whether any of them is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
