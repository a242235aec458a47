import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { median, percentile, printTable } from '../../bench/measure.ts';
import { type Client, startClient } from '../support/fresh-connections.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';
import { startStandInApis } from '../support/stand-in-api.ts';
import {
  API_HUNG,
  API_STOPPED,
  type Fault,
  HOST_KILLED,
  KEEPALIVED_KILLED,
  KEEPALIVED_STOPPED,
  LINK_CUT,
  strikeHolder,
} from '../support/vip-faults.ts';
import { CONTROL_PLANES, holdersOf, oneHolder, VIP } from '../support/vip-lab.ts';

/** [fault, how often, milliseconds without an answer at most: on any of them, and in the middle] */
const FAULTS: readonly (readonly [Fault, number, number, number])[] = [
  [KEEPALIVED_KILLED, 100, 1500, 800],
  [KEEPALIVED_STOPPED, 10, 1500, 400],
  [API_STOPPED, 10, 3000, 1500],
  [API_HUNG, 10, 6000, 4500],
  [LINK_CUT, 10, 1500, 1000],
  [HOST_KILLED, 10, 1500, 1000],
];
/** A share of KONVOY_LONG_SHARE (0–1) of the repetitions, to try the suite; at least one each. */
const SHARE = Number(process.env.KONVOY_LONG_SHARE ?? '1');

describeAsRoot('the address of the API, again and again', () => {
  let lab: Lab;
  let folder: string;
  let client: Client;
  const rows: string[][] = [];

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await lab.copyFolder();
    assertOk(await lab.konvoy(['deploy', 'hosts', '--yes'], { cwd: folder }));
    await startStandInApis(lab, CONTROL_PLANES);
    client = await startClient({ lab: lab.name, host: 'worker1', address: VIP, port: 6443 });
  });

  afterAll(async () => {
    printTable(['Fault of the holder', 'times', 'median, ms', 'p99, ms', 'worst, ms'], rows);
    await client.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(FAULTS)(
    'moves to another host, leaves nothing behind and stays there: $name',
    async (fault, all, worst, middle) => {
      const times = Math.max(1, Math.round(all * SHARE));
      const gaps: number[] = [];
      for (let count = 0; count < times; count++) {
        const { milliseconds, before, after } = await strikeHolder(lab, client, fault);
        gaps.push(milliseconds);
        const alive = CONTROL_PLANES.filter((host) => fault !== HOST_KILLED || host !== before);
        expect(await holdersOf(lab, VIP, alive)).toEqual([after]);
        await fault.heal(lab, before);
        await sleep(1200);
        expect(await oneHolder(lab)).toBe(after);
      }
      const figures = [median(gaps), percentile(gaps, 0.99), Math.max(...gaps)].map((value) => value.toFixed(0));
      rows.push([fault.name, String(times), ...figures]);
      expect(median(gaps)).toBeLessThan(middle);
      expect(Math.max(...gaps)).toBeLessThan(worst);
    },
  );
});
