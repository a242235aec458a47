import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { coreDnsPod, holdConnection } from '../support/held-connection.ts';
import { labFrom, NETWORK } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { startTarget, writeCalico } from '../support/network-configs.ts';
import { printPings, whilePinging } from '../support/pings.ts';

const CLIENTS = ['cp1', 'worker1'] as const;
/** Milliseconds that packets may fail to arrive while the nodes change one after the other. */
const LONGEST_GAP_MS = 6000;
/** Milliseconds that an answer may take over a connection that was there before: TCP sends again ever later. */
const LONGEST_ANSWER_MS = 15_000;

/** In this order, each from the one before; the first one from what `up` makes without `mtu`, which is 1450. */
const CHANGES = [
  { title: 'MTU 1450 → 1400', encapsulation: 'vxlan', mtu: 1400, accept: 'changes-pod-mtu' },
  { title: 'MTU 1400 → 1450', encapsulation: 'vxlan', mtu: 1450, accept: 'changes-pod-mtu' },
  { title: 'vxlan → vxlanCrossSubnet', encapsulation: 'vxlanCrossSubnet', mtu: 1450, accept: 'changes-encapsulation' },
  { title: 'vxlanCrossSubnet → none', encapsulation: 'none', mtu: 1450, accept: 'changes-encapsulation' },
  { title: 'none → vxlanCrossSubnet', encapsulation: 'vxlanCrossSubnet', mtu: 1450, accept: 'changes-encapsulation' },
  { title: 'vxlanCrossSubnet → vxlan', encapsulation: 'vxlan', mtu: 1450, accept: 'changes-encapsulation' },
] as const;

describeAsRoot('the network of pods, from one way of carrying packets to another', () => {
  let lab: Lab;
  let folder: string;
  let pod: string;
  const rows: string[][] = [];
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
    pod = await startTarget(lab, folder);
  }, 900_000);

  afterAll(async () => {
    const lost = CLIENTS.map((host) => `${host}, lost (longest gap)`);
    printTable(['Change', 'took', ...lost, 'slowest answer over a connection from before'], rows);
    await rm(folder, { recursive: true, force: true });
  });

  for (const { title, encapsulation, mtu, accept } of CHANGES) {
    test(title, async () => {
      await writeCalico(lab, folder, 'other.yaml', `encapsulation: ${encapsulation}`, `mtu: ${mtu}`);
      const server = await coreDnsPod(lab, folder, '10.0.50.11');
      const { result, seconds, pings } = await whilePinging(lab, CLIENTS, pod, async () => {
        const held = holdConnection(lab, 'cp1', server, 60);
        const outcome = await konvoy('up', '--yes', '--config', 'other.yaml', '--accept', accept);
        return { outcome, longestAnswer: await held };
      });
      assertOk(result.outcome);
      rows.push([title, `${seconds.toFixed(0)} s`, ...pings.map(printPings), `${result.longestAnswer} ms`]);
      for (const { longestGapMs } of pings) expect(longestGapMs).toBeLessThan(LONGEST_GAP_MS);
      expect(result.longestAnswer).toBeLessThan(LONGEST_ANSWER_MS);
      const links = await lab.onHost('worker1', 'sh', '-c', 'cat /sys/class/net/vxlan.calico/mtu 2>/dev/null || true');
      if (links !== '') expect(Number(links)).toBe(mtu);
      assertOk(await konvoy('verify', '--config', 'other.yaml'));
      expect((await konvoy('plan', '--exit-code', '--config', 'other.yaml')).exit).toBe(0);
    });
  }
});
