import { type Watched, WATCH_EVERY_MS, watchedOf, watchTargets } from '../../components/verification/watch-targets.ts';
import { type PodOutput, watchSummaries } from '../../facts/probe-answers.ts';
import { KonvoyError } from '../../core/errors.ts';
import { removeProbePolicies } from '../../kinds/probe-namespace.ts';
import { callPods } from './ask-probes.ts';
import type { ProbeRun } from './probe-run.ts';

/** What came of a watch. */
export interface WatchOutcome {
  readonly targets: readonly Watched[];
  /** Nodes whose pods said nothing at the end, and why. */
  readonly silent: readonly { readonly node: string; readonly why: string }[];
  readonly milliseconds: number;
}

/** Milliseconds between two looks at what pods have counted. */
const LOOK_MS = 10_000;

/**
 * Lets the pods of a run ask each other again and again, so many seconds or until Ctrl-C. They go on by themselves while
 * no API server answers.
 */
export async function watchNetwork(run: ProbeRun, seconds: number): Promise<WatchOutcome> {
  const { given, world, api } = run;
  await removeProbePolicies(api.current, world.namespace);
  const targets = watchTargets(world);
  const begun = await callPods(run, 'watch', targets);
  const failed = [...begun].flatMap(([node, output]) => (output.ok ? [] : [`${node}: ${output.why}`]));
  if (failed.length > 0) throw new KonvoyError(`some pods cannot watch: ${failed.join('; ')}`);
  const began = given.now();
  const count = [...targets.values()].reduce((sum, each) => sum + each.targets.length, 0);
  const times = `${1000 / WATCH_EVERY_MS} times a second each`;
  given.report({ is: 'note', text: `watching ${count} targets, ${times}, for ${seconds}s or until Ctrl-C` });
  const left = () => seconds * 1000 - (given.now() - began);
  while (!given.signal.aborted && left() > 0) {
    await given.sleep(Math.min(LOOK_MS, left()));
    if (!given.signal.aborted && left() > 0) await look(run, given.now() - began);
  }
  const milliseconds = given.now() - began;
  const last = await callPods(run, 'watched --stop', emptyInputs(run));
  const silent = [...last].flatMap(([node, output]) => (output.ok ? [] : [{ node, why: output.why }]));
  return { targets: watchedIn(run, last), silent, milliseconds };
}

function emptyInputs({ world }: ProbeRun): ReadonlyMap<string, string> {
  return new Map(world.nodes.map(({ name }) => [name, '']));
}

function watchedIn({ world }: ProbeRun, outputs: ReadonlyMap<string, PodOutput>): readonly Watched[] {
  return [...outputs.values()].flatMap((output) => (output.ok ? watchedOf(world, watchSummaries(output.lines)) : []));
}

/** What was counted so far, as a note. A cluster that does not answer now does not end the watch. */
async function look(run: ProbeRun, passed: number): Promise<void> {
  try {
    const targets = watchedIn(run, await callPods(run, 'watched', emptyInputs(run)));
    run.given.report({ is: 'note', text: `${Math.round(passed / 1000)}s: ${sumUp(targets)}` });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    run.given.report({
      is: 'note',
      text: `${Math.round(passed / 1000)}s: the pods go on, and cannot be read now: ${why}`,
    });
  }
}

/** `4200 asked, 3 lost, longest gap 312 ms (10.0.50.11 → 10.0.50.21, new connection)`. */
export function sumUp(targets: readonly Watched[]): string {
  const sum = (of: (target: Watched) => number) => targets.reduce((total, target) => total + of(target), 0);
  const [worst] = targets.toSorted((a, b) => b.longestGapMs - a.longestGapMs);
  const gap =
    worst === undefined
      ? ''
      : `, longest gap ${Math.round(worst.longestGapMs)} ms (${worst.from} → ${worst.to}, ${worst.by})`;
  return `${sum(({ sent }) => sent)} asked, ${sum(({ lost }) => lost)} lost${gap}`;
}
