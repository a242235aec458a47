import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { KONVOY, measureGood, median, printTable } from './measure.ts';
import { writeWorkingFolder } from './working-folder.ts';

/** Validate and render for many hosts, and start-up: no host is contacted. */
const RUNS = 5;

const rows: string[][] = [];
async function figure(what: string, args: string[], cwd: string, limit: string): Promise<void> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) seconds.push((await measureGood(['node', KONVOY, ...args], { cwd })).seconds);
  rows.push([what, median(seconds).toFixed(3), Math.max(...seconds).toFixed(3), limit]);
}

await figure('konvoy version', ['version'], tmpdir(), '0.150');
for (const [hosts, limit] of [
  [1000, '1.000'],
  [5000, '3.000'],
] as const) {
  const folder = writeWorkingFolder(hosts);
  try {
    await figure(`validate, ${hosts} hosts`, ['validate'], folder, limit);
    await figure(`render --all, ${hosts} hosts`, ['render', '--all'], folder, limit);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
printTable(['What', 'median, s', 'worst, s', 'wanted, s'], rows);
