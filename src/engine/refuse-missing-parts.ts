import { KonvoyError } from '../core/errors.ts';
import type { Change } from '../core/plan.ts';
import type { PartName } from '../core/part-name.ts';
import { type KindTable, withKind } from '../kinds/dispatch.ts';
import type { PartSource } from '../kinds/part-source.ts';

/** The plan needs parts that are not to be had. Nothing was changed. */
export class PartsMissing extends KonvoyError {
  readonly missing: readonly PartName[];

  constructor(missing: readonly PartName[], parts: PartSource | undefined) {
    const lines = missing.map((part) => `  ${printPart(part)}${parts === undefined ? '' : printOthers(part, parts)}`);
    const what =
      parts === undefined
        ? 'this plan needs parts of a bundle, and none is named'
        : `${parts.origin} lacks parts that this plan needs`;
    super(`${what}; nothing was changed:\n${lines.join('\n')}`, {
      hint: 'name a bundle that has them with --bundle or KONVOY_BUNDLE; konvoy bundle build makes one',
    });
    this.missing = missing;
  }
}

function printPart({ name, version }: PartName): string {
  return `${name} ${version}`;
}

function printOthers({ name }: PartName, parts: PartSource): string {
  const versions = parts.versions(name);
  return versions.length === 0 ? ' (it has none)' : ` (it has ${versions.join(', ')})`;
}

/** Throws `PartsMissing` unless every part that the changes need is at hand. */
export function refuseMissingParts(
  changes: readonly Change[],
  { kinds, parts }: { readonly kinds: KindTable; readonly parts: PartSource | undefined },
): void {
  const missing = new Map<string, PartName>();
  for (const part of changes.flatMap((change) => partsFor(change, kinds))) {
    if (parts?.versions(part.name).includes(part.version) !== true) missing.set(printPart(part), part);
  }
  if (missing.size > 0) throw new PartsMissing([...missing.values()], parts);
}

/** The parts without which a change cannot be made. */
export function partsFor({ verb, resource, fields }: Change, kinds: KindTable): readonly PartName[] {
  return withKind(kinds, resource, (kind, wanted) => kind.needs({ verb, resource: wanted, fields }));
}
