import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, startClient } from '../test/support/fresh-connections.ts';
import { useKubeadmSettings } from '../test/support/kubeadm-keepalived.ts';
import { assertOk, type Lab, startLab } from '../test/support/lab.ts';
import { startStandInApis } from '../test/support/stand-in-api.ts';
import { KEEPALIVED_KILLED, strikeHolder } from '../test/support/vip-faults.ts';
import { CONTROL_PLANES, oneHolder, VIP } from '../test/support/vip-lab.ts';
import { median, percentile, printTable } from './measure.ts';

/**
 * How long a client that makes a new TCP connection every 25 ms gets no answer when all processes of the holder's
 * keepalived are killed, beside the same keepalived with the settings of kubeadm's document in the same run.
 */
const KILLS = Number(process.env.KONVOY_BENCH_KILLS ?? '200');
/** Of the peer: it needs seconds for each. */
const PEER_KILLS = Math.min(KILLS, 30);
const folder = mkdtempSync(join(tmpdir(), 'konvoy-bench-'));

/** Seconds without an answer, kill by kill. */
async function kill(lab: Lab, client: Client, times: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let count = 0; count < times; count++) {
    const { milliseconds, before } = await strikeHolder(lab, client, KEEPALIVED_KILLED);
    seconds.push(milliseconds / 1000);
    await KEEPALIVED_KILLED.heal(lab, before);
    // Whoever is back has to hear an advert, or to take over again, before the next blow.
    await sleep(1000);
    await oneHolder(lab);
  }
  return seconds;
}

function row(what: string, seconds: readonly number[], peer: readonly number[]): string[] {
  const figures = [median(seconds), percentile(seconds, 0.99), Math.max(...seconds)].map((value) => value.toFixed(2));
  return [what, String(seconds.length), ...figures, (median(seconds) / median(peer)).toFixed(2)];
}

const lab = await startLab('benchvip', folder, ['--control-planes', '3', '--workers', '1']);
try {
  assertOk(await lab.konvoy(['deploy', 'hosts', '--yes']));
  await startStandInApis(lab, CONTROL_PLANES);
  const client = await startClient({ lab: lab.name, host: 'worker1', address: VIP, port: 6443 });
  const ours = await kill(lab, client, KILLS);
  await useKubeadmSettings(lab, VIP, CONTROL_PLANES);
  await sleep(5000);
  const peers = await kill(lab, client, PEER_KILLS);
  await client.stop();
  printTable(
    ['Holder killed', 'kills', 'median, s', 'p99, s', 'worst, s', 'ratio of medians'],
    [
      row("keepalived with the settings of kubeadm's document", peers, peers),
      row('konvoy (wanted: median < 0.8 s, p99 < 1 s)', ours, peers),
    ],
  );
} finally {
  await lab.down();
  rmSync(folder, { recursive: true, force: true });
}
