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

/** The user's documents as diagnostics are shown with them. */
export interface Documents {
  /** The text of each file that could be read, by the name that the user gave it. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where a place of a diagnostic stands. */
  locate(place: DocumentPlace): TextPosition;
}

/** For diagnostics that are not about files, or about files that cannot be read. */
export const NO_DOCUMENTS: Documents = {
  texts: new Map(),
  locate: ({ file }) => ({ file, line: 1, column: 1 }),
};

/** Where a diagnostic stands; undefined where it is about the whole. */
export function positionOf({ at }: Diagnostic, { locate }: Pick<Documents, 'locate'>): TextPosition | undefined {
  return at === undefined || 'line' in at ? at : locate(at);
}

/** Whether any of them is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
