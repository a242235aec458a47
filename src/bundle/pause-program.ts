import { join } from 'node:path';
import { type GoWorkshop, moduleFolder } from './go-programs.ts';
import { runLocal } from './local-command.ts';
import type { Buildable } from './part-cache.ts';
import { PAUSE } from './pinned-parts.ts';

/** As build/pause/Makefile of Kubernetes compiles it. */
const FLAGS = ['-Os', '-Wall', '-Werror', '-static', `-DVERSION=v${PAUSE.version}`];

/** Fails where this machine has no C compiler. */
export async function describePause(): Promise<Buildable> {
  return { ...PAUSE, inputs: [...FLAGS, process.arch, await runLocal('gcc', ['-dumpfullversion'])] };
}

/** Compiles the program to this path: a second. */
export async function compilePause(workshop: GoWorkshop, path: string): Promise<void> {
  const sources = await moduleFolder(workshop, 'kubernetes', 'k8s.io/kubernetes');
  const pause = join(sources, 'build/pause/linux/pause.c');
  await runLocal('gcc', [...FLAGS, '-s', '-o', path, pause], { signal: workshop.signal });
}
