import { type Edit, insertAfter, removeStatement, replaceWords } from './corefile/edits.ts';
import type { NewStatement } from './corefile/print-corefile.ts';
import type { ServerBlock, Statement, Word } from './corefile/syntax.ts';
import { standingOf } from './judge-plugins.ts';
import { type History, PLUGINS } from './plugin-history.ts';
import type { Release } from './versions.ts';

/** One thing that a migration does: the edits, and what to say of it. */
export interface MigrationStep {
  /** Of the text before, from 1; undefined where something new comes. */
  readonly line: number | undefined;
  readonly what: string;
  readonly edits: readonly Edit[];
}

/** What a rule may look at. */
interface Place {
  readonly text: string;
  readonly unit: string;
  readonly block: ServerBlock;
  readonly plugin: Statement;
}

/** What becomes of an option that is out of date; undefined: nothing that konvoy knows. */
type OptionRule = (option: Statement, place: Place) => Omit<MigrationStep, 'line'> | undefined;

function without(option: Statement, { text, plugin }: Place, why: string): Omit<MigrationStep, 'line'> {
  const what = `${option.words[0].text} of ${plugin.words[0].text} goes: ${why}`;
  return { what, edits: [removeStatement(text, option)] };
}

const NOTHING_INSTEAD: OptionRule = (option, place) => without(option, place, 'CoreDNS does not need it');

const RELOAD_ZERO: OptionRule = ({ words }, { plugin }) => ({
  what: `no_reload of ${plugin.words[0].text} becomes reload 0`,
  edits: [replaceWords(words, ['reload', '0'])],
});

/** The zones of a plugin: those that it names, or those of its server block. */
function zonesOf({ block, plugin: { words } }: Place): readonly string[] {
  const [name, ...args] = words.map(({ text }) => text);
  const named = name === 'file' ? args.slice(1) : args;
  return named.length > 0
    ? named
    : block.keys.map(({ text }) => text.replace(/^[a-z0-9]+:\/\//, '').replace(/:\d+$/, '') || '.');
}

/** `transfer to ADDRESS…` of a plugin becomes a plugin of its own, for the same zones. */
const OWN_PLUGIN: OptionRule = (option, place) => {
  const [, direction, ...addresses] = option.words.map(({ text }) => text);
  const [zone, ...zones] = zonesOf(place);
  const [address, ...others] = addresses;
  if (direction !== 'to' || zone === undefined || address === undefined) return undefined;
  const { text, unit, plugin } = place;
  const transfer: NewStatement = {
    words: ['transfer', zone, ...zones],
    body: [{ words: ['to', address, ...others] }],
  };
  return {
    what: `transfer of ${plugin.words[0].text} becomes the plugin transfer`,
    edits: [removeStatement(text, option), insertAfter(text, plugin, transfer, unit)],
  };
};

const OPTION_RULES: Readonly<Record<string, OptionRule>> = {
  upstream: NOTHING_INSTEAD,
  resyncperiod: NOTHING_INSTEAD,
  no_reload: RELOAD_ZERO,
  transfer: OWN_PLUGIN,
};

/** What becomes of the options of proxy, which are forward's from then on. */
const FROM_PROXY: OptionRule = (option, place) => {
  const [name, ...args] = option.words.map(({ text }) => text);
  const [value = '', more] = args;
  const renamed = (word: string, ...rest: readonly string[]) => ({
    what: `${[name, ...args].join(' ')} of proxy becomes ${[word, ...rest].join(' ')}`,
    edits: [replaceWords(option.words, [word, ...rest])],
  });
  if (name === 'except') return { what: '', edits: [] };
  if (name === 'policy' && ['random', 'round_robin'].includes(value)) return { what: '', edits: [] };
  if (name === 'policy' && value === 'first') return renamed('policy', 'sequential');
  if (name === 'protocol' && value === 'dns' && more === 'force_tcp') return renamed('force_tcp');
  if (name === 'protocol' && value === 'grpc') return undefined;
  return without(option, place, 'forward has nothing like it');
};

function forwardFor(place: Place): readonly MigrationStep[] | undefined {
  const [name] = place.plugin.words;
  const options = place.plugin.body?.statements ?? [];
  const steps = options.map((option) => {
    const step = FROM_PROXY(option, place);
    return step && { line: option.words[0].line, ...step };
  });
  const done = steps.flatMap((step) => step ?? []);
  if (done.length < steps.length) return undefined;
  return [
    { line: name.line, what: 'proxy becomes forward', edits: [replaceWords([name], ['forward'])] },
    ...done.filter(({ edits }) => edits.length > 0),
  ];
}

function isCurrent(history: History, release: Release): boolean {
  return ['current', 'future'].includes(standingOf(history, release));
}

/** `endpoint` takes one address since CoreDNS 1.4.0. */
function firstEndpoint(plugin: Word, { words }: Statement): readonly MigrationStep[] {
  const [name, first, second] = words;
  if (plugin.text !== 'kubernetes' || name.text !== 'endpoint' || first === undefined || second === undefined)
    return [];
  const edits = [replaceWords(words, ['endpoint', first.text])];
  return [{ line: name.line, what: 'endpoint keeps the one address that is used', edits }];
}

function migrateOption(option: Statement, place: Place, release: Release): readonly MigrationStep[] {
  const [plugin] = place.plugin.words;
  const [name] = option.words;
  const options = PLUGINS[plugin.text]?.options ?? {};
  const history = Object.hasOwn(options, name.text) ? options[name.text] : undefined;
  if (history === undefined || isCurrent(history, release)) return firstEndpoint(plugin, option);
  const step = OPTION_RULES[name.text]?.(option, place);
  return step === undefined ? [] : [{ line: name.line, ...step }];
}

/** Puts what a release has in the place of what it has not any more. What konvoy has no rule for stays. */
export function migratePlugin(place: Place, release: Release): readonly MigrationStep[] {
  const { text, plugin } = place;
  const [name] = plugin.words;
  const history = Object.hasOwn(PLUGINS, name.text) ? PLUGINS[name.text] : undefined;
  if (history === undefined) return [];
  if (isCurrent(history, release)) {
    return (plugin.body?.statements ?? []).flatMap((option) => migrateOption(option, place, release));
  }
  if (name.text === 'proxy') return forwardFor(place) ?? [];
  if (name.text !== 'federation') return [];
  const what = 'federation goes: Kubernetes has none of that kind any more';
  return [{ line: name.line, what, edits: [removeStatement(text, plugin)] }];
}
