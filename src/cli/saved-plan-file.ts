import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { SavedPlan } from '../engine/saved-plan.ts';
import type { CliContext } from './context.ts';
import type { WriteOptions } from './options.ts';

/** A plan that was kept, and the file that the user named for it. */
export interface NamedPlan {
  readonly file: string;
  readonly plan: SavedPlan;
}

/** Reads what `plan --out` wrote. Throws `UsageError` where there is no such file, `KonvoyError` where it is no plan. */
export async function readSavedPlan(context: CliContext, file: string): Promise<NamedPlan> {
  const { parseSavedPlan } = await import('../engine/saved-plan.ts');
  let content: string;
  try {
    content = await readFile(resolve(context.cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the plan ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'make one with: konvoy plan --out FILE',
    });
  }
  return { file, plan: parseSavedPlan(file, content) };
}

/** A saved plan is about the hosts and the stages that it was made for. Throws `UsageError` where others are named. */
export function asSaved({ plan }: NamedPlan, options: WriteOptions): WriteOptions {
  for (const name of ['limit', 'until', 'upgrade'] as const) {
    if (options[name] !== undefined && options[name] !== plan[name]) {
      throw new UsageError(`--${name} differs from the one that the plan was made with`, { hint: 'leave it out' });
    }
  }
  const { limit, until, upgrade } = plan;
  return {
    ...options,
    ...(limit === undefined ? {} : { limit }),
    ...(until === undefined ? {} : { until }),
    ...(upgrade === undefined ? {} : { upgrade }),
  };
}
