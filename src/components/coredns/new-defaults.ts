import { addOption, type Edit, insertAfter, insertFirst } from './corefile/edits.ts';
import type { NewStatement } from './corefile/print-corefile.ts';
import type { ServerBlock, Statement } from './corefile/syntax.ts';
import type { MigrationStep } from './migrate-history.ts';
import { isAtLeast, type Release } from './versions.ts';

/** The server block that serves the cluster's own names. */
interface ClusterBlock {
  readonly text: string;
  readonly unit: string;
  /** As it is written: a snippet's statements are no place to put others behind. */
  readonly written: ServerBlock;
  /** With what snippets bring. */
  readonly block: ServerBlock;
  /** Every plugin of the file: some speak for all blocks. */
  readonly plugins: ReadonlySet<string>;
}

function find({ body }: ServerBlock, name: string): Statement | undefined {
  return body.statements.find(({ words: [word] }) => word.text === name);
}

/** What kubeadm has once in its Corefile; of several `forward` it is the one for all names that nobody else answers. */
function findDefault(block: ServerBlock, name: string): Statement | undefined {
  if (name !== 'forward') return find(block, name);
  return block.body.statements.find(({ words: [word, from] }) => word.text === name && from?.text === '.');
}

function hasOption({ body }: Statement, name: string): boolean {
  return body?.statements.some(({ words: [word] }) => word.text === name) ?? false;
}

/** Puts a plugin behind the first of these that is written there, or where there is a place. */
function place(
  { text, unit, written }: ClusterBlock,
  plugin: NewStatement,
  behind: readonly string[],
): readonly Edit[] {
  const before = behind.map((name) => find(written, name)).find((statement) => statement !== undefined);
  const anchor = before ?? written.body.statements[0];
  if (anchor !== undefined) return [insertAfter(text, anchor, plugin, unit)];
  return written.body.open === undefined ? [] : [insertFirst(text, written.body.open, plugin, unit)];
}

function step(what: string, edits: readonly Edit[]): readonly MigrationStep[] {
  return edits.length === 0 ? [] : [{ line: undefined, what, edits }];
}

/** The zone with the names of Services: the first one that is no reverse zone. */
function clusterZone(kubernetes: Statement): string | undefined {
  return kubernetes.words.slice(1).find(({ text }) => !text.endsWith('.arpa') && !text.includes('/'))?.text;
}

/** The names of the cluster itself are in CoreDNS's memory anyway: kubeadm leaves them out of the cache. */
function cacheFor(kubernetes: Statement, release: Release): NewStatement {
  const zone = clusterZone(kubernetes);
  if (zone === undefined || !isAtLeast(release, '1.9.4')) return { words: ['cache', '30'] };
  return {
    words: ['cache', '30'],
    body: [{ words: ['disable', 'success', zone] }, { words: ['disable', 'denial', zone] }],
  };
}

/** The option that a plugin has in kubeadm's Corefile, and since which release of CoreDNS. */
const DEFAULT_OPTIONS = [
  {
    plugin: 'health',
    option: ['lameduck', '5s'],
    since: '1.6.5',
    why: 'whoever still asks is answered while a pod ends',
  },
  { plugin: 'kubernetes', option: ['ttl', '30'], since: '1.1.3', why: 'answers are good for half a minute' },
  {
    plugin: 'forward',
    option: ['max_concurrent', '1000'],
    since: '1.7.0',
    why: 'slow name servers do not eat the memory',
  },
] as const;

/**
 * What kubeadm has in its own Corefile for a release, and a cluster's server block has not (kubernetes,
 * cmd/kubeadm/app/phases/addons/dns/manifests.go).
 */
export function newDefaults(cluster: ClusterBlock, kubernetes: Statement, release: Release): readonly MigrationStep[] {
  const { text, unit, block, plugins } = cluster;
  const lacks = (name: string, since: Release) => !plugins.has(name) && isAtLeast(release, since);
  const lacksHere = (name: string, since: Release) => find(block, name) === undefined && isAtLeast(release, since);
  const health: NewStatement = { words: ['health'], body: [{ words: ['lameduck', '5s'] }] };
  const passesOn = findDefault(block, 'forward') !== undefined;
  const options = DEFAULT_OPTIONS.flatMap(({ plugin, option, since, why }) => {
    const statement = findDefault(block, plugin);
    if (statement === undefined || hasOption(statement, option[0]) || !isAtLeast(release, since)) return [];
    return step(`${plugin} gets ${option.join(' ')}: ${why}`, [addOption(text, statement, { words: option }, unit)]);
  });
  // Options first: braces open on the line of their plugin, before anything comes behind that line.
  return [
    ...options,
    ...(lacks('health', '1.1.3')
      ? step('health comes: the kubelet asks for it', place(cluster, health, ['errors']))
      : []),
    ...(lacks('ready', '1.5.0')
      ? step('ready comes: the kubelet asks for it', place(cluster, { words: ['ready'] }, ['health', 'errors']))
      : []),
    ...(lacksHere('cache', '1.1.3')
      ? step(
          'cache comes: answers from outside are kept for half a minute',
          place(cluster, cacheFor(kubernetes, release), ['forward', 'kubernetes']),
        )
      : []),
    ...(passesOn && lacksHere('loop', '1.2.1')
      ? step('loop comes: it finds questions that go round', place(cluster, { words: ['loop'] }, ['cache', 'forward']))
      : []),
  ];
}
