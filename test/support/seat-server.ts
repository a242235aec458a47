import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from './lab.ts';

/** A server of a test in the deployer's seat. */
export interface SeatServer {
  /** What it has printed so far. */
  output(): string;
  stop(): void;
}

/**
 * Starts a server in the deployer's seat, and returns when it `answers`, within a minute. `name.pid` and `name.log` in
 * `folder` are its files.
 */
export async function startInSeat(
  lab: Lab,
  folder: string,
  name: string,
  argv: readonly string[],
  answers: () => Promise<boolean>,
  env: Readonly<Record<string, string>> = {},
): Promise<SeatServer> {
  const base = join(folder, name);
  const shell = ['sh', '-c', 'echo $$ >"$0.pid"; exec "$@" >"$0.log" 2>&1', base, ...argv];
  const output = () => readFileSync(`${base}.log`, 'utf8');
  let ended = false;
  void lab.seat(shell, { env }).finally(() => {
    ended = true;
  });
  for (let look = 0; look < 240; look += 1) {
    const isThere = await answers();
    if (ended) throw new Error(`${name} ended: ${output()}`);
    if (isThere) {
      const pid = Number(readFileSync(`${base}.pid`, 'utf8'));
      return { output, stop: () => void (ended || process.kill(pid)) };
    }
    await sleep(250);
  }
  throw new Error(`${name} does not answer`);
}
