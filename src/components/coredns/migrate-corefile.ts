import { expandCorefile, type KnownVariables } from './corefile/expand-corefile.ts';
import { applyEdits, unitOf } from './corefile/edits.ts';
import { parseCorefile } from './corefile/parse-corefile.ts';
import type { Corefile, Read, ServerBlock } from './corefile/syntax.ts';
import type { CorefileFinding } from './finding.ts';
import { judgeListeners, judgeProbes, type Probes } from './judge-listeners.ts';
import { judgePlugins } from './judge-plugins.ts';
import { type MigrationStep, migratePlugin } from './migrate-history.ts';
import { newDefaults } from './new-defaults.ts';
import { NEWEST_KNOWN, type Release } from './versions.ts';

/** A Corefile for a release of CoreDNS. */
export interface Migration {
  readonly text: string;
  /** What was done, in order; none: the text is as it was. */
  readonly steps: readonly MigrationStep[];
  /** What still is to be said of the new text, its lines. */
  readonly left: readonly CorefileFinding[];
}

/** How the CoreDNS runs that a Corefile is for. */
export interface CorefileUse {
  /** Undefined: judged as the newest that konvoy knows. */
  readonly release: Release | undefined;
  readonly variables: KnownVariables;
  readonly probes: Probes;
}

/** A text that is read and expanded; `blocks` are as they are written, in the order of the expanded ones. */
function readBoth(text: string, variables: KnownVariables) {
  const parsed = parseCorefile(text);
  if (!parsed.ok) return parsed;
  const expanded = expandCorefile(parsed.value, variables);
  if (!expanded.ok) return expanded;
  return { ok: true, value: { text, corefile: parsed.value, expanded: expanded.value } } as const;
}

type BothWays = Extract<ReturnType<typeof readBoth>, { ok: true }>['value'];

function historySteps({ text, corefile, expanded }: BothWays, release: Release): readonly MigrationStep[] {
  const unit = unitOf(text, corefile);
  return expanded.blocks.flatMap((block) =>
    block.body.statements.flatMap((plugin) => migratePlugin({ text, unit, block, plugin }, release)),
  );
}

function writtenAs({ parts }: Corefile, block: ServerBlock): ServerBlock {
  const [key] = block.keys;
  const found = parts.find((part) => part.is === 'server' && part.keys.some(({ start }) => start === key?.start));
  return found?.is === 'server' ? found : block;
}

function defaultSteps({ text, corefile, expanded }: BothWays, release: Release): readonly MigrationStep[] {
  const unit = unitOf(text, corefile);
  const plugins = new Set(expanded.blocks.flatMap(({ body }) => body.statements.map(({ words: [name] }) => name.text)));
  for (const block of expanded.blocks) {
    const kubernetes = block.body.statements.find(({ words: [name] }) => name.text === 'kubernetes');
    if (kubernetes === undefined) continue;
    return newDefaults({ text, unit, block, written: writtenAs(corefile, block), plugins }, kubernetes, release);
  }
  return [];
}

function edited(text: string, steps: readonly MigrationStep[]): string {
  return applyEdits(
    text,
    steps.flatMap(({ edits }) => edits),
  );
}

/**
 * Rewrites a Corefile for a release: what is gone or does nothing is replaced or goes, what kubeadm has in its own comes.
 * Everything else stays as it is written, comments too. Fails where the text cannot be read.
 */
export function migrateCorefile(
  text: string,
  { release = NEWEST_KNOWN, variables, probes }: CorefileUse,
): Read<Migration> {
  const before = readBoth(text, variables);
  if (!before.ok) return before;
  const history = historySteps(before.value, release);
  const between = readBoth(edited(text, history), variables);
  if (!between.ok) return between;
  const defaults = defaultSteps(between.value, release);
  const after = readBoth(edited(between.value.text, defaults), variables);
  if (!after.ok) return after;
  const { expanded } = after.value;
  const left = [...judgePlugins(expanded, release), ...judgeProbes(expanded, probes), ...judgeListeners(expanded)];
  return { ok: true, value: { text: after.value.text, steps: [...history, ...defaults], left } };
}
