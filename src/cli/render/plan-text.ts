import { structuredPatch } from 'diff';
import type { Deferred, FieldChange, Hazard, Plan, Unreadable } from '../../core/plan.ts';
import type { Change, Verb } from '../../core/plan.ts';
import { CLOUD, type ConfigPath, printConfigPath } from '../../core/address.ts';
import { NO_DOCUMENTS } from '../../core/diagnostic.ts';
import type { Topology } from '../../core/topology.ts';
import { printDiagnostics } from './diagnostics.ts';
import type { Style } from './style.ts';
import { nameOf } from './words.ts';

const SIGNS: Readonly<Record<Verb, string>> = { create: '+', update: '~', delete: '-', restart: '!' };

/** Lines of unchanged text around a change. */
const CONTEXT = 2;

/** Lines of a text that is wholly new, or wholly gone, before the rest is only counted. */
const MOST_LINES = 12;

export interface PlanTextOptions {
  readonly style: Style;
  /** Texts that are wholly new or gone are printed to their end, however long. */
  readonly whole: boolean;
}

function tint(line: string, style: Style): string {
  if (line.startsWith('+')) return style.good(line);
  if (line.startsWith('-')) return style.bad(line);
  return style.quiet(line);
}

/** The lines that differ, with some around them. */
export function printLineDiff(before: string, after: string, style: Style): string[] {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: CONTEXT });
  return hunks.flatMap((hunk, index) => {
    const lines = hunk.lines.filter((line) => !line.startsWith('\\')).map((line) => tint(line, style));
    return index === 0 ? lines : [style.quiet('…'), ...lines];
  });
}

/** Nobody reads a program of 300 lines for every group of hosts; what changes in a text is always shown. */
function shorten(lines: readonly string[], { style, whole }: PlanTextOptions): readonly string[] {
  const more = lines.length - MOST_LINES;
  if (whole || more <= 1) return lines;
  return [...lines.slice(0, MOST_LINES), style.quiet(`… and ${more} more lines; --verbose shows them`)];
}

function printField({ field, before, after }: FieldChange, options: PlanTextOptions): string[] {
  const { style } = options;
  const long = [before, after].some((text) => text?.includes('\n'));
  if (long) {
    const lines = printLineDiff(before ?? '', after ?? '', style);
    const shown = before === undefined || after === undefined ? shorten(lines, options) : lines;
    return [`${field}:`, ...shown.map((line) => `  ${line}`)];
  }
  if (before === undefined && after === undefined) return [field];
  if (before === undefined) return [`${field}: ${style.good(after ?? '')}`];
  if (after === undefined) return [`${field}: ${style.bad(before)} -> gone`];
  return [`${field}: ${style.bad(before)} -> ${style.good(after)}`];
}

function printBecause(because: ConfigPath): string {
  return because.length === 0 ? '' : `  (${printConfigPath(because)})`;
}

function printOneChange(change: Change, options: PlanTextOptions): string[] {
  const { style } = options;
  const { verb, resource, fields } = change;
  const title = `${SIGNS[verb]} ${verb} ${style.strong(nameOf(resource))}${style.quiet(printBecause(resource.because))}`;
  return [title, ...fields.flatMap((field) => printField(field, options)).map((line) => `    ${line}`)];
}

/** The changes in the cloud, then by host; hosts of one role with the same changes share one text. */
function printChanges({ changes }: Plan, topology: Topology, options: PlanTextOptions): string[] {
  const texts = new Map<string, string[]>();
  for (const host of [{ address: CLOUD, role: 'cloud' }, ...topology.hosts]) {
    const ofHost = changes.filter(({ resource }) => resource.host === host.address);
    if (ofHost.length === 0) continue;
    const body = ofHost.flatMap((change) => printOneChange(change, options)).map((line) => `  ${line}`);
    const text = [`(${host.role})`, ...body].join('\n');
    texts.set(text, [...(texts.get(text) ?? []), host.address]);
  }
  return [...texts].map(([text, hosts]) => `${options.style.strong(hosts.join(', '))} ${text}\n`);
}

function printUnreadable(unreadable: readonly Unreadable[], style: Style): string[] {
  const byHost = new Map<string, Set<string>>();
  for (const { host, address, why } of unreadable) {
    const line = why.startsWith(`${host}:`) ? why : `${address}: ${why}`;
    byHost.set(host, (byHost.get(host) ?? new Set()).add(line));
  }
  return [...byHost].map(
    ([host, lines]) =>
      `${style.bad(`${host} cannot be read, nothing is planned there`)}\n${[...lines].map((line) => `  ${line}\n`).join('')}`,
  );
}

function printHazards(hazards: readonly Hazard[], style: Style): string[] {
  if (hazards.length === 0) return [];
  const lines = hazards.map(
    ({ id, address, message }) =>
      `  ${style.careful(id)}  ${message.includes(address) ? message : `${address}: ${message}`}`,
  );
  return [`Dangers (up wants --accept for each):\n${lines.join('\n')}\n`];
}

function printDeferred(deferred: readonly Deferred[]): string[] {
  if (deferred.length === 0) return [];
  return [`Not known yet:\n${deferred.map(({ address, until }) => `  ${address} (after ${until})`).join('\n')}\n`];
}

/** How many hosts and changes, in one sentence. */
export function summarizePlan({ changes, unreadable }: Plan): string {
  const hosts = new Set(changes.map(({ resource }) => resource.host).filter((host) => host !== CLOUD)).size;
  const dark = new Set(unreadable.map(({ host }) => host)).size;
  const left = dark === 0 ? '' : `; ${dark} ${dark === 1 ? 'host' : 'hosts'} could not be read`;
  if (changes.length === 0) return dark === 0 ? 'Nothing to do.' : `Nothing to do on the hosts that answered${left}.`;
  const count = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`;
  const inCloud = changes.some(({ resource }) => resource.host === CLOUD);
  const places = [
    ...(inCloud ? ['in the cloud'] : []),
    ...(hosts === 0 ? [] : [`on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`]),
  ];
  const where = places.join(' and ');
  return `${count} ${where}${left}.`;
}

/** The whole plan for a person: per host what will change, with before and after; then dangers and remarks. */
export function printPlan(plan: Plan, topology: Topology, options: PlanTextOptions): string {
  const { style } = options;
  const blocks = [
    ...printChanges(plan, topology, options),
    ...printUnreadable(plan.unreadable, style),
    ...printDeferred(plan.deferred),
    ...printHazards(plan.hazards, style),
    printDiagnostics(plan.diagnostics, NO_DOCUMENTS, { style, columns: Number.POSITIVE_INFINITY }),
  ].filter((block) => block !== '');
  return `${blocks.map((block) => `${block}\n`).join('')}${style.strong(summarizePlan(plan))}\n`;
}
