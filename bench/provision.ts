import { RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsWorld } from '../test/support/aws-world.ts';
import { Moto, takeTestCredentials } from '../test/support/moto.ts';
import { KONVOY, measureGood, median, PEAK_WORDS, peakMiB, printTable } from './measure.ts';

/** What `konvoy provision` costs against AWS's imitation on this machine: calls, seconds of a whole process, memory. */
const RUNS = 5;
/** Control-plane hosts and workers. */
const HOSTS = [3, 7] as const;
/** Targets that somebody has registered by hand. */
const STRANGERS = 297;

takeTestCredentials();
const moto = await Moto.start();
const rows: string[][] = [];

/** Runs a command `runs` times, each behind `prepare`, and adds a row. */
async function figure(
  what: string,
  args: readonly string[],
  given: { runs: number; prepare(run: number): Promise<AwsWorld>; calls: string },
): Promise<void> {
  const [calls, seconds, peaks]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < given.runs; run++) {
    const { folder: cwd } = await given.prepare(run);
    moto.calls.length = 0;
    const command = [...PEAK_WORDS, 'node', KONVOY, ...args, '--endpoint-url', moto.url] as const;
    const measured = await measureGood(command, { cwd });
    calls.push(moto.calls.length);
    seconds.push(measured.seconds);
    peaks.push(peakMiB(measured));
  }
  const worst = Math.max(...seconds).toFixed(2);
  const most = `${Math.max(...calls)}`;
  rows.push([what, most, given.calls, median(seconds).toFixed(2), worst, Math.max(...peaks).toFixed(0)]);
}

try {
  const make = async () => {
    await moto.reset();
    return AwsWorld.make(moto, { encapsulation: 'none', hosts: HOSTS });
  };
  const full = 45 + HOSTS[0] + HOSTS[1];
  await figure('provision, everything new', ['provision', '--yes'], { runs: RUNS, prepare: make, calls: `≤ ${full}` });
  const world = await make();
  await measureGood(['node', KONVOY, 'provision', '--yes', '--endpoint-url', moto.url], { cwd: world.folder });
  const as = async () => world;
  await figure('provision, nothing to do', ['provision', '--yes'], { runs: RUNS, prepare: as, calls: '≤ 14' });
  const TargetGroupArn = await world.targetGroupArn();
  for (let at = 0; at < STRANGERS; at += 99) {
    const Targets = Array.from({ length: 99 }, (_, index) => ({ Id: `10.0.${Math.floor(at / 99)}.${index + 100}` }));
    await world.elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  }
  const plan = ['provision', '--plan-only'] as const;
  await figure('plan, 300 registered targets', plan, { runs: RUNS, prepare: as, calls: '≤ 14' });
  await figure('provision that takes 297 of them away', ['provision', '--yes'], { runs: 1, prepare: as, calls: '' });
  printTable(['What', 'calls', 'wanted', 'median, s', 'worst, s', 'peak memory, MiB (wanted: < 150)'], rows);
} finally {
  await moto.stop();
}
