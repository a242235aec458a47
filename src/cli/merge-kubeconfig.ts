import { isMap, isSeq, type Node, Scalar, stringify, YAMLMap, YAMLSeq } from 'yaml';
import type { AdminConf } from './admin-conf.ts';
import { ENTRY_KEYS, type EntryList, type Kubeconfig } from './kubeconfig.ts';

/** Something of the same name is there already and says something else. */
export interface Conflict {
  /** `cluster demo`. */
  readonly what: string;
  /** From 1. */
  readonly line: number | undefined;
  /** What differs, by name; empty where it is there more than once. */
  readonly fields: readonly string[];
}

export interface Merged {
  /** The whole text; undefined where everything is there already, or where something is in the way. */
  readonly text: string | undefined;
  readonly conflicts: readonly Conflict[];
}

/**
 * Puts a cluster, its administrator and a context for both into a kubeconfig and makes that the current one: cluster and
 * context are called `name`, the user `name-admin`. Everything else stays as it is written there.
 */
export function mergeKubeconfig(config: Kubeconfig, admin: AdminConf, given: { name: string; force: boolean }): Merged {
  const { name, force } = given;
  const user = `${name}-admin`;
  const context = new YAMLMap();
  context.set('cluster', nameNode(name));
  context.set('user', nameNode(user));
  const wanted: readonly Wanted[] = [
    { list: 'clusters', name, value: admin.cluster },
    { list: 'users', name: user, value: admin.user },
    { list: 'contexts', name, value: context },
  ];
  const states = wanted.map((each) => ({ each, state: stateOf(config, each) }));
  const conflicts = states.flatMap(({ state }) => (state.is === 'other' ? [state.conflict] : []));
  if (conflicts.length > 0 && !force) return { text: undefined, conflicts };
  const { document } = config;
  if (states.every(({ state }) => state.is === 'there') && document.get('current-context') === name) {
    return { text: undefined, conflicts: [] };
  }
  if (config.isEmpty) document.contents = document.createNode({ apiVersion: 'v1', kind: 'Config' });
  for (const { each, state } of states) if (state.is !== 'there') put(config, each);
  document.set('current-context', nameNode(name));
  return { text: document.toString({ lineWidth: 0, indentSeq: !config.hasFlatLists }), conflicts: [] };
}

interface Wanted {
  readonly list: EntryList;
  readonly name: string;
  readonly value: YAMLMap;
}

type State = { readonly is: 'missing' | 'there' } | { readonly is: 'other'; readonly conflict: Conflict };

function stateOf(config: Kubeconfig, { list, name, value }: Wanted): State {
  const [first, second] = config.entries(list).filter((entry) => entry.get('name') === name);
  if (first === undefined) return { is: 'missing' };
  const what = `${ENTRY_KEYS[list]} ${name}`;
  if (second !== undefined) return { is: 'other', conflict: { what, line: config.lineOf(second), fields: [] } };
  const fields = differences(config, list, first, value);
  return fields.length === 0
    ? { is: 'there' }
    : { is: 'other', conflict: { what, line: config.lineOf(first), fields } };
}

/** What a user has added to a context (a namespace, say) is theirs. */
function differences(config: Kubeconfig, list: EntryList, entry: YAMLMap, wanted: YAMLMap): readonly string[] {
  const there = config.follow(entry.get(ENTRY_KEYS[list], true));
  const [before, after] = [isMap(there) ? textsOf(config, there) : new Map(), textsOf(config, wanted)];
  const names = list === 'contexts' ? ['cluster', 'user'] : [...new Set([...before.keys(), ...after.keys()])];
  return names.filter((name) => before.get(name) !== after.get(name));
}

function textsOf({ document }: Kubeconfig, map: YAMLMap): ReadonlyMap<string, string> {
  return new Map(Object.entries(map.toJS(document)).map(([name, value]) => [name, JSON.stringify(value)]));
}

/** Adds an entry, or gives the one of its name another value; what more there is of the name goes. */
function put(config: Kubeconfig, { list, name, value }: Wanted): void {
  const key = ENTRY_KEYS[list];
  const [first, ...more] = config.entries(list).filter((entry) => entry.get('name') === name);
  if (first !== undefined) {
    first.set(key, value.clone());
    const entries = listNode(config, list);
    entries.items = entries.items.filter((item) => !more.some((entry) => entry === config.follow(item)));
    return;
  }
  const entry = new YAMLMap();
  entry.set(key, value.clone());
  entry.set('name', nameNode(name));
  listNode(config, list).add(entry);
}

/** The list itself; one that is empty or missing becomes a new one. */
function listNode(config: Kubeconfig, list: EntryList): YAMLSeq {
  const found = config.follow(config.document.get(list, true));
  if (isSeq(found) && found.items.length > 0) return found;
  const made = new YAMLSeq();
  config.document.set(list, made);
  return made;
}

/** A name as text, also where it looks like a number or a boolean to some reader. */
function nameNode(name: string): Node {
  const node = new Scalar(name);
  if (stringify(name, { version: '1.1', lineWidth: 0 }).trimEnd() !== name) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}
