import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { konvoyCommand } from './konvoy-command.ts';
import type { Lab, Outcome } from './lab.ts';

/** A run of konvoy that can be ended as by `kill -9`. */
export interface KillableRun {
  /** False where the run had ended by itself: its number may be another process by then. */
  kill(): boolean;
  readonly ended: Promise<Outcome>;
}

/** Starts `konvoy ARGS` in the deployer's seat; returns as soon as its process is there. */
export async function killableKonvoy(lab: Lab, folder: string, args: readonly string[]): Promise<KillableRun> {
  const note = join(folder, 'konvoy.pid');
  await rm(note, { force: true });
  const script = 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"';
  const ended = lab.seat(['sh', '-c', script, note, ...konvoyCommand(), ...args], { cwd: folder });
  let running = true;
  ended.finally(() => {
    running = false;
  });
  let pid = 0;
  while (!(pid > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    pid = await readFile(note, 'utf8').then(Number, () => 0);
  }
  return { kill: () => running && process.kill(pid, 'SIGKILL'), ended };
}
