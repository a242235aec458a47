import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../../core/events.ts';
import { redact } from '../../core/redact.ts';
import { fileStamp } from '../file-stamp.ts';
import { changeToJson, errorToJson, planToJson } from './json.ts';
import type { Json } from './json-value.ts';
import type { Progress } from './progress.ts';

function toJson(event: RunEvent): Json {
  switch (event.is) {
    case 'planned':
      return { ...planToJson(event.plan), is: event.is };
    case 'host-unreachable':
      return { is: event.is, host: event.host, error: errorToJson(event.error) };
    case 'change-failed':
      return { is: event.is, change: changeToJson(event.change), error: errorToJson(event.error) };
    case 'change-started':
    case 'change-step':
    case 'change-done':
    case 'change-skipped':
      return { ...event, change: { verb: event.change.verb, address: event.change.resource.address } };
    case 'check-done':
      return { is: event.is, id: event.check.id, title: event.check.title, verdict: { ...event.verdict } };
    case 'stage-started':
    case 'stage-ended':
    case 'observing':
    case 'host-command':
    case 'note':
      return { ...event };
  }
}

/** A log of one run: `runs/TIMESTAMP-VERB.log`, mode 0600, one JSON object a line. */
export function openRunLog(
  folder: string,
  verb: string,
  clock: { now(): number },
): Progress & { readonly path: string; fail(error: unknown): void } {
  const runs = join(folder, 'runs');
  mkdirSync(runs, { recursive: true, mode: 0o700 });
  const base = join(runs, `${fileStamp(clock.now())}-${verb}`);
  const { file, path } = openNew(base);
  const line = (content: Json) => {
    const time = new Date(clock.now()).toISOString();
    writeSync(file, `${redact(JSON.stringify({ time, ...(typeof content === 'object' ? content : { content }) }))}\n`);
  };
  return {
    path,
    report: (event) => line(toJson(event)),
    fail: (error) => line({ is: 'error', error: errorToJson(error) }),
    end: () => closeSync(file),
  };
}

/** Two runs within one second get different files. */
function openNew(base: string): { file: number; path: string } {
  for (let attempt = 0; ; attempt++) {
    const path = attempt === 0 ? `${base}.log` : `${base}-${attempt}.log`;
    try {
      return { file: openSync(path, 'wx', 0o600), path };
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken || attempt > 99) throw error;
    }
  }
}
