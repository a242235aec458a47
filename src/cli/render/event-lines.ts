import type { Verdict } from '../../core/check.ts';
import type { RunEvent } from '../../core/events.ts';
import type { Change } from '../../core/plan.ts';
import type { Style } from './style.ts';
import { hintOf, messageOf, printChange, printDuration, stageTitle } from './words.ts';

/** Addon and check lines of Konvoy put their bracket into column 72. */
const BRACKET_COLUMN = 71;

function field(name: string): string {
  return name.length < BRACKET_COLUMN ? name.padEnd(BRACKET_COLUMN) : `${name} `;
}

/** Addons are shown as Konvoy showed them: by their names, not as changes of a host. */
function isAddon({ resource }: Change): boolean {
  return resource.kind === 'helm-release';
}

function withHint(line: string, hint: string | undefined): string {
  return hint === undefined ? line : `${line}\n  hint: ${hint}`;
}

function printVerdict(title: string, verdict: Verdict, style: Style): string {
  const name = field(title);
  switch (verdict.is) {
    case 'pass':
      return `${name}${style.good('[OK]')}${verdict.summary === undefined ? '' : ` ${verdict.summary}`}`;
    case 'warn':
      return withHint(`${name}${style.careful('[WARNING]')}\n  ${verdict.summary}`, verdict.hint);
    case 'fail':
      return withHint(`${name}${style.bad('[ERROR]')}\n  ${verdict.summary}`, verdict.hint);
    case 'skip':
      return `${name}${style.quiet('[SKIPPED]')} ${verdict.why}`;
    case 'unknown':
      return `${name}${style.bad('[UNKNOWN]')}\n  ${verdict.why}`;
  }
}

/** The lines that an event leaves behind, without a newline at the end; undefined where it leaves none. */
export function printEvent(event: RunEvent, style: Style, options: { verbose: boolean }): string | undefined {
  switch (event.is) {
    case 'stage-started':
      return `\n${style.strong(`STAGE [${stageTitle(event.stage)}]`)}`;
    case 'change-done': {
      const { change, milliseconds } = event;
      if (isAddon(change))
        return `${field(change.resource.component)}${style.good(change.verb === 'delete' ? '[REMOVED]' : '[OK]')}`;
      return `${style.careful('changed:')} [${change.resource.host}] ${printChange(change)} (${printDuration(milliseconds)})`;
    }
    case 'change-failed': {
      if (isAddon(event.change)) {
        const name = field(event.change.resource.component);
        return withHint(`${name}${style.bad('[ERROR]')}\n  ${messageOf(event.error)}`, hintOf(event.error));
      }
      const line = `${style.bad('fatal:')} [${event.change.resource.host}] ${printChange(event.change)}: ${messageOf(event.error)}`;
      return withHint(line, hintOf(event.error));
    }
    case 'change-skipped':
      return `${style.quiet('skipping:')} [${event.change.resource.host}] ${printChange(event.change)}: ${event.why}`;
    case 'host-unreachable':
      return withHint(`${style.bad('unreachable:')} [${event.host}] ${messageOf(event.error)}`, hintOf(event.error));
    case 'check-done':
      return printVerdict(event.check.title, event.verdict, style);
    case 'note':
      return event.text;
    case 'change-step':
      return options.verbose
        ? style.quiet(`  [${event.change.resource.host}] ${printChange(event.change)}: ${event.step}`)
        : undefined;
    case 'host-command':
      return options.verbose ? style.quiet(`  [${event.host}] exit ${event.exit}: ${event.command}`) : undefined;
    case 'observing':
    case 'planned':
    case 'change-started':
    case 'stage-ended':
      return undefined;
  }
}
