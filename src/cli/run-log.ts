import type { CliContext } from './context.ts';
import type { ClusterOptions } from './options.ts';
import { openRunLog } from './render/log.ts';
import { type Progress, combineProgress } from './render/progress.ts';
import { openProgress, withProgress } from './run-progress.ts';

/** Runs something that writes to hosts: shown as it goes on, and kept in a log under `runs/`. */
export async function withRunLog(
  context: CliContext,
  options: ClusterOptions,
  verb: string,
  use: (progress: Progress) => Promise<void>,
): Promise<void> {
  const log = openRunLog(context.cwd, verb, context);
  const progress = combineProgress([openProgress(context, options, 'stdout'), log]);
  await withProgress(progress, async () => {
    try {
      await use(progress);
    } catch (error) {
      log.fail(error);
      throw error;
    }
  });
}
