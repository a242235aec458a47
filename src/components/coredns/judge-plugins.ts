import { nearest } from '../../config/nearest.ts';
import type { ExpandedCorefile } from './corefile/expand-corefile.ts';
import type { ServerBlock, Statement, Word } from './corefile/syntax.ts';
import { type CorefileFinding, findingAt } from './finding.ts';
import { type History, ONCE, PLUGINS, type PluginHistory } from './plugin-history.ts';
import { isAtLeast, isKnownRelease, NEWEST_KNOWN, type Release } from './versions.ts';

/** The command that knows what to do about what is out of date. */
export const MIGRATE = 'konvoy migrate corefile shows what to write instead';

/** What has become of something by a release. */
export type Standing = 'future' | 'current' | 'deprecated' | 'ignored' | 'removed';

/** How something stands in a release. */
export function standingOf({ since, deprecated, ignored, removed }: History, release: Release): Standing {
  const reached = (other: Release | undefined) => other !== undefined && isAtLeast(release, other);
  if (reached(removed)) return 'removed';
  if (reached(ignored)) return 'ignored';
  if (reached(deprecated)) return 'deprecated';
  return since === undefined || reached(since) ? 'current' : 'future';
}

/** What is said of something that is not current; undefined where it is. `what` is its name in words. */
function judgeStanding(word: Word, what: string, history: History, release: Release): CorefileFinding | undefined {
  const instead = history.instead === undefined ? '' : `; instead: ${history.instead}`;
  switch (standingOf(history, release)) {
    case 'current':
      return undefined;
    case 'removed':
      return findingAt(
        word,
        'fail',
        `${what} is gone since CoreDNS ${history.removed}: ${release} does not start with it${instead}`,
        MIGRATE,
      );
    case 'ignored':
      return findingAt(word, 'warn', `${what} does nothing since CoreDNS ${history.ignored}${instead}`, MIGRATE);
    case 'deprecated':
      return findingAt(
        word,
        'warn',
        `${what} is on its way out since CoreDNS ${history.deprecated}${instead}`,
        MIGRATE,
      );
    case 'future':
      return findingAt(
        word,
        'fail',
        `${what} came with CoreDNS ${history.since}: ${release} does not start with it`,
        'take it out, or run the newer CoreDNS',
      );
  }
}

/** What CoreDNS of this release is judged by, and how sure that is. */
interface Judged {
  readonly release: Release;
  /** Of what konvoy has never heard of: a build of one's own, or a newer release, may know it. */
  readonly unknown: CorefileFinding['severity'];
}

function judgeUnknown(word: Word, what: string, known: Iterable<string>, { unknown }: Judged): CorefileFinding {
  const near = nearest(word.text, known);
  const build = unknown === 'warn' ? '' : ', unless your CoreDNS was built with it';
  const hint = near === undefined ? `is it spelt right${build}?` : `is ${near} meant?`;
  return findingAt(word, unknown, `CoreDNS knows no ${what}`, hint);
}

function judgeOptions(
  plugin: Word,
  { options, lines }: PluginHistory,
  statements: readonly Statement[],
  judged: Judged,
): readonly CorefileFinding[] {
  if (options === undefined) return [];
  return statements.flatMap(({ words: [name, ...args] }): CorefileFinding[] => {
    const history = Object.hasOwn(options, name.text) ? options[name.text] : undefined;
    if (history === undefined) {
      if (lines?.test(name.text)) return [];
      return [judgeUnknown(name, `option ${name.text} of ${plugin.text}`, Object.keys(options), judged)];
    }
    const found = judgeStanding(name, `the option ${name.text} of ${plugin.text}`, history, judged.release);
    if (found !== undefined) return [found];
    const [, second] = args;
    if (plugin.text !== 'kubernetes' || name.text !== 'endpoint' || second === undefined) return [];
    return [findingAt(second, 'warn', 'only the first address of endpoint is used', MIGRATE)];
  });
}

function judgePlugin({ words: [name], body }: Statement, judged: Judged): readonly CorefileFinding[] {
  const history = Object.hasOwn(PLUGINS, name.text) ? PLUGINS[name.text] : undefined;
  if (history === undefined) return [judgeUnknown(name, `plugin ${name.text}`, Object.keys(PLUGINS), judged)];
  const found = judgeStanding(name, `the plugin ${name.text}`, history, judged.release);
  return found === undefined ? judgeOptions(name, history, body?.statements ?? [], judged) : [found];
}

function judgeTwice({ body }: ServerBlock, release: Release): readonly CorefileFinding[] {
  const seen = new Map<string, Word>();
  return body.statements.flatMap(({ words: [name] }): CorefileFinding[] => {
    const first = seen.get(name.text);
    seen.set(name.text, first ?? name);
    if (first === undefined || !ONCE.has(name.text)) return [];
    const since = ONCE.get(name.text);
    if (since !== undefined && isAtLeast(release, since)) return [];
    const message = `${name.text} stands here for the second time (line ${first.line}), and CoreDNS does not start with that`;
    return [findingAt(name, 'fail', message, 'make one of both')];
  });
}

/** A build of one's own, or a release that konvoy does not know yet, may know what konvoy does not. */
function severityOfUnknown(release: Release | undefined): CorefileFinding['severity'] {
  return release !== undefined && isKnownRelease(release) ? 'fail' : 'warn';
}

/**
 * Plugins and options that CoreDNS of a release does not know, or not any more. `release` undefined: an image that does not
 * say which one it is; it is judged as the newest. `unknown` is what it means that nobody has heard of something.
 */
export function judgePlugins(
  { blocks, unseen }: ExpandedCorefile,
  release: Release | undefined,
  unknown = severityOfUnknown(release),
): readonly CorefileFinding[] {
  const judged: Judged = { release: release ?? NEWEST_KNOWN, unknown };
  return [
    ...blocks.flatMap(({ body }) => body.statements.flatMap((statement) => judgePlugin(statement, judged))),
    ...blocks.flatMap((block) => judgeTwice(block, judged.release)),
    ...unseen.map((word) =>
      findingAt(
        word,
        'warn',
        `konvoy does not see what is imported from ${word.text}`,
        'look through that file yourself',
      ),
    ),
  ];
}
