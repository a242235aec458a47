import type { CliContext } from './context.ts';
import type { ClusterOptions } from './options.ts';
import { plainProgress } from './render/plain-progress.ts';
import type { PlanTextOptions } from './render/plan-text.ts';
import type { Progress } from './render/progress.ts';
import { type Style, chooseStyle } from './render/style.ts';
import { terminalProgress } from './render/terminal.ts';

/** The colours of standard output. */
export function styleOf(context: CliContext, options: ClusterOptions): Style {
  return chooseStyle(context.stdout, { color: options.color, env: context.env });
}

/** How a plan is shown on standard output. */
export function planTextOptions(context: CliContext, options: ClusterOptions): PlanTextOptions {
  return { style: styleOf(context, options), whole: options.verbose ?? false };
}

/**
 * How a run shows itself: live under a terminal, plain lines in a pipe; on standard error when standard output is kept
 * for JSON or for a text that somebody may want to store.
 */
export function openProgress(context: CliContext, options: ClusterOptions, target: 'stdout' | 'stderr'): Progress {
  const sink = options.output === 'json' || target === 'stderr' ? context.stderr : context.stdout;
  const style = chooseStyle(sink, { color: options.color, env: context.env });
  const verbose = options.verbose ?? false;
  const live = sink.isTerminal && context.env.TERM !== 'dumb' && (context.env.CI ?? '') === '';
  return live
    ? terminalProgress(sink, style, { verbose, now: () => context.now() })
    : plainProgress(sink, style, { verbose });
}

/** Runs `use` with a progress display that is taken down whatever happens. */
export async function withProgress<T>(progress: Progress, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    progress.end();
  }
}
