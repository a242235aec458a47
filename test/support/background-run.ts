import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { konvoyCommand } from './konvoy-command.ts';
import type { Lab, Outcome } from './lab.ts';

/** A konvoy command that is under way in the deployer's seat, and leaves a log. */
export interface BackgroundRun {
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
  /** Waits until its log holds `text` so many times, 30 s at most where nothing else is said. */
  seen(text: string, times?: number, seconds?: number): Promise<void>;
  /** What its log holds now; empty before there is one. */
  log(): string;
  /** Sends nothing, and says so, where it has ended already: its number may be somebody else's by now. */
  kill(signal: NodeJS.Signals): boolean;
}

/** Seconds. */
const LONGEST = 30;

let runs = 0;

/** Starts `konvoy ARGS` in a folder of the lab's. */
export async function startRun(lab: Lab, folder: string, args: readonly string[]): Promise<BackgroundRun> {
  runs += 1;
  const pidFile = join(folder, `pid-${runs}`);
  // The folder may be a copy of one that another suite has left one in.
  rmSync(pidFile, { force: true });
  const known = new Set(logsIn(folder));
  const shell = ['sh', '-c', 'echo $$ >"$0.new"; mv "$0.new" "$0"; exec "$@"', pidFile, ...konvoyCommand(), ...args];
  let ended = false;
  const outcome = lab.seat(shell, { cwd: folder }).finally(() => {
    ended = true;
  });
  const pid = Number(await until(() => textOf(pidFile), 'a process id'));
  const log = () => {
    const name = logsIn(folder).find((each) => !known.has(each));
    return name === undefined ? '' : (textOf(join(folder, 'runs', name)) ?? '');
  };
  return {
    pid,
    outcome,
    log,
    seen: async (text, times = 1, seconds = LONGEST) => {
      const log = await until(() => logsIn(folder).find((name) => !known.has(name)), 'a log');
      const isThere = () => {
        const count = (textOf(join(folder, 'runs', log)) ?? '').split(text).length - 1;
        return count >= times ? true : undefined;
      };
      await until(isThere, `${text} in the log`, seconds);
    },
    kill: (signal) => {
      if (!ended) process.kill(pid, signal);
      return !ended;
    },
  };
}

function logsIn(folder: string): string[] {
  try {
    return readdirSync(join(folder, 'runs'));
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function until<T>(look: () => T | undefined, what: string, seconds = LONGEST): Promise<T> {
  for (let attempt = 0; attempt < seconds * 100; attempt += 1) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error(`${what} did not come within ${seconds} s`);
}
