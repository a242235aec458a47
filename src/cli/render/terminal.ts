import { stripVTControlCharacters } from 'node:util';
import type { RunEvent } from '../../core/events.ts';
import type { TextSink } from '../context.ts';
import { printEvent } from './event-lines.ts';
import type { Progress } from './progress.ts';
import type { Style } from './style.ts';
import { printChange, printDuration } from './words.ts';

/** More hosts than this at once are counted, not listed. */
const MOST_LINES = 12;
/** Milliseconds between two looks at the clock. */
const TICK = 200;

interface Running {
  readonly what: string;
  readonly since: number;
  step: string;
}

/**
 * Progress under a terminal: what is finished stays as lines, what goes on is shown below, one line for each host with
 * the time it has taken so far.
 */
export function terminalProgress(
  sink: TextSink,
  style: Style,
  options: { verbose: boolean; now: () => number },
): Progress {
  const running = new Map<string, Running>();
  let waiting: Running | undefined;
  let shown = 0;

  const erase = () => (shown === 0 ? '' : `\u001b[${shown}A\u001b[0J`);

  function liveLines(): string[] {
    const lines = [...running].map(([host, { what, step, since }]) => {
      const took = printDuration(options.now() - since);
      return `  [${host}] ${what}${step === '' ? '' : `: ${step}`} ${took}`;
    });
    if (waiting !== undefined && lines.length === 0) {
      lines.push(`  ${waiting.what} ${printDuration(options.now() - waiting.since)}`);
    }
    const shownLines = lines.slice(0, MOST_LINES);
    if (lines.length > MOST_LINES) shownLines.push(`  and ${lines.length - MOST_LINES} more hosts`);
    return shownLines.map((line) => style.quiet(truncate(line, sink.columns)));
  }

  function draw(text: string): void {
    const lines = liveLines();
    const output = `${erase()}${text}${lines.map((line) => `${line}\n`).join('')}`;
    shown = lines.length;
    if (output !== '') sink.write(output);
  }

  function follow(event: RunEvent): void {
    if (event.is === 'observing') {
      waiting = { what: `reading ${event.hosts.length} hosts`, since: options.now(), step: '' };
      return;
    }
    if (event.is !== 'host-command' && event.is !== 'host-unreachable') waiting = undefined;
    if (event.is === 'change-started') {
      running.set(event.change.resource.host, { what: printChange(event.change), since: options.now(), step: '' });
    } else if (event.is === 'change-step') {
      const line = running.get(event.change.resource.host);
      if (line !== undefined) line.step = event.step;
    } else if (event.is === 'change-done' || event.is === 'change-failed') {
      running.delete(event.change.resource.host);
    }
  }

  const timer = setInterval(() => {
    if (running.size > 0 || waiting !== undefined) draw('');
  }, TICK);
  timer.unref();
  return {
    report(event) {
      follow(event);
      const text = printEvent(event, style, options);
      draw(text === undefined ? '' : `${text}\n`);
    },
    end() {
      clearInterval(timer);
      running.clear();
      waiting = undefined;
      draw('');
    },
  };
}

function truncate(line: string, columns: number): string {
  const text = stripVTControlCharacters(line);
  return text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`;
}
