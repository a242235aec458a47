import { type Diagnostic, type DocumentPlace, positionOf, type TextPosition } from '../core/diagnostic.ts';

const TEXT_TRAPS = new Set(['yaml-old-boolean', 'yaml-old-number']);

/**
 * Sorts by file, line and column, and leaves out what is said twice: an equal diagnostic at the same position, and the
 * remark about an old spelling of a value that is wrong anyway (or the other way round: one error per value is enough).
 */
export function sortDiagnostics(
  diagnostics: readonly Diagnostic[],
  files: readonly string[],
  locate: (place: DocumentPlace) => TextPosition,
): readonly Diagnostic[] {
  const placed = diagnostics.map((diagnostic) => {
    const position = positionOf(diagnostic, { locate }) ?? { file: files[0] ?? '', line: 1, column: 1 };
    return { diagnostic, position, key: `${position.file}:${position.line}:${position.column}` };
  });
  const octal = new Set(
    placed.filter(({ diagnostic }) => diagnostic.code === 'yaml-octal-number').map(({ key }) => key),
  );
  const wrongType = new Set(placed.filter(({ diagnostic }) => diagnostic.code === 'wrong-type').map(({ key }) => key));
  const seen = new Set<string>();
  return placed
    .filter(({ diagnostic, key }) => {
      if (diagnostic.code === 'wrong-type' && octal.has(key)) return false;
      if (TEXT_TRAPS.has(diagnostic.code) && wrongType.has(key)) return false;
      const whole = `${key} ${diagnostic.code} ${diagnostic.message}`;
      if (seen.has(whole)) return false;
      seen.add(whole);
      return true;
    })
    .sort(
      (one, other) =>
        files.indexOf(one.position.file) - files.indexOf(other.position.file) ||
        one.position.line - other.position.line ||
        one.position.column - other.position.column,
    )
    .map(({ diagnostic }) => diagnostic);
}
