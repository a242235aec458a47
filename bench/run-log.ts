import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printTable } from './measure.ts';

/** One line of a run's log, as far as it is of interest. Times in milliseconds since the epoch. */
export interface LogLine {
  readonly time: number;
  readonly is: string;
  readonly stage: string;
  readonly milliseconds: number;
  readonly change: string;
  readonly step: string;
}

/** The log of the newest run in a working folder. */
export function newestLog(folder: string): readonly LogLine[] {
  const runs = join(folder, 'runs');
  const lines = readFileSync(join(runs, readdirSync(runs).toSorted().at(-1) ?? ''), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const { time, is, stage = '', milliseconds = 0, change, step = '' } = JSON.parse(line);
    return { time: Date.parse(time), is, stage, milliseconds, change: change?.address ?? '', step };
  });
}

/** Seconds of each stage that changed something. */
export function printStages(log: readonly LogLine[]): void {
  const rows = log
    .filter(({ is }) => is === 'stage-ended')
    .map(({ stage, milliseconds }) => [stage, (milliseconds / 1000).toFixed(1)]);
  printTable(['Stage', 's'], rows);
}
