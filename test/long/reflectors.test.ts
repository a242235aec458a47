import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { startRun } from '../support/background-run.ts';
import { coreDnsPod, holdConnection } from '../support/held-connection.ts';
import { kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { meshLab } from '../support/network-configs.ts';
import { printPings, whilePinging } from '../support/pings.ts';

/** They never reflect routes, and are not the host of the pod. */
const CLIENTS = ['cp1', 'worker1'] as const;
/** They reflect, both in konvoy's order and in the one by hand. */
const REFLECTORS = ['10.0.50.22', '10.0.50.23'] as const;
/** Milliseconds without an answer that no missing route explains: six nodes share few cores. */
const HICCUP_MS = 100;
const ACCEPT = ['--accept', 'rebuilds-bgp-routes'] as const;

const BGP = 'crd.projectcalico.org/v1';
const mesh = (isOn: boolean) => ({
  apiVersion: BGP,
  kind: 'BGPConfiguration',
  metadata: { name: 'default' },
  spec: { nodeToNodeMeshEnabled: isOn, asNumber: 64512 },
});
const PEERS_BY_HAND = {
  apiVersion: BGP,
  kind: 'BGPPeer',
  metadata: { name: 'by-hand' },
  spec: { nodeSelector: 'all()', peerSelector: "by-hand == 'reflector'" },
};

/** Milliseconds that an answer over a connection may take while a reflector's host dies: no route of its goes. */
const LONGEST_ANSWER_MS = 5000;

describeAsRoot('route reflectors and what befalls them', () => {
  let lab: Lab;
  let folder: string;
  let pod: string;
  let reflecting: readonly string[];
  const rows: string[][] = [];
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const apply = async (object: object) => {
    writeFileSync(join(folder, 'by-hand.json'), JSON.stringify(object));
    await kubectl(lab, folder, 'apply', '--filename=by-hand.json');
  };

  /** Does something while packets travel; says how long each client was cut off, in milliseconds, and keeps a row. */
  const lossOf = async <T>(what: string, act: () => Promise<T>): Promise<{ gaps: readonly number[]; result: T }> => {
    const { result, seconds, pings } = await whilePinging(lab, [...CLIENTS, 'worker3'], pod, act);
    rows.push([what, `${seconds.toFixed(0)} s`, ...pings.map(printPings)]);
    return { gaps: pings.slice(0, CLIENTS.length).map(({ longestGapMs }) => longestGapMs), result };
  };

  beforeAll(async () => {
    ({ lab, folder, pod, reflecting } = await meshLab());
  }, 900_000);

  afterAll(() => {
    printTable(['Change', 'took', ...CLIENTS.map((host) => `${host}, lost (longest gap)`), 'worker3, reflects'], rows);
  });

  test('the order that takes the mesh away first cuts everybody off', async () => {
    const { gaps } = await lossOf('mesh off, peers, reflectors (as kubespray does)', async () => {
      await apply(mesh(false));
      await apply(PEERS_BY_HAND);
      for (const node of REFLECTORS) {
        await kubectl(lab, folder, 'label', 'node', node, 'by-hand=reflector');
        await kubectl(lab, folder, 'annotate', 'node', node, 'projectcalico.org/RouteReflectorClusterID=244.0.0.1');
      }
      await sleep(20_000);
    });
    expect(Math.max(...gaps)).toBeGreaterThan(1000);
    await apply(mesh(true));
    for (const node of REFLECTORS) {
      await kubectl(lab, folder, 'annotate', 'node', node, 'projectcalico.org/RouteReflectorClusterID-');
      await kubectl(lab, folder, 'label', 'node', node, 'by-hand-');
    }
    await kubectl(lab, folder, 'delete', 'bgppeers.crd.projectcalico.org', 'by-hand');
    await sleep(10_000);
    expect(assertOk(await konvoy('check', 'kubernetes', '--config', 'none.yaml')).stdout).toContain('a mesh between');
  });

  test('a run that is killed half-way loses nobody a packet, and the next one ends what it began', async () => {
    const { gaps } = await lossOf('konvoy, killed when the first node reflects, and run again', async () => {
      const run = await startRun(lab, folder, ['up', '--yes', ...reflecting, ...ACCEPT]);
      await run.seen('10.0.50.22 becomes a route reflector', 1, 240);
      expect(run.kill('SIGKILL')).toBe(true);
      await run.outcome;
      assertOk(await konvoy('up', '--yes', ...reflecting, ...ACCEPT));
    });
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(HICCUP_MS);
    expect((await konvoy('plan', '--exit-code', ...reflecting)).exit).toBe(0);
    expect(assertOk(await konvoy('check', 'kubernetes', ...reflecting)).stdout).toContain('2 route reflectors');
  });

  test('the host of a reflector dies: routes stay, and a connection of the others goes on', async () => {
    const server = await coreDnsPod(lab, folder, '10.0.50.11', '10.0.50.23');
    const { gaps, result: longestAnswer } = await lossOf('the host of a reflector killed', async () => {
      const connection = holdConnection(lab, 'cp1', server, 30);
      await sleep(5000);
      assertOk(await lab.lab('kill', 'worker3', '--stay-down'));
      return await connection;
    });
    expect(longestAnswer).toBeLessThan(LONGEST_ANSWER_MS);
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(HICCUP_MS);
    // The node's controller waits 50 s for a kubelet.
    await kubectl(lab, folder, 'wait', '--for=condition=Ready=Unknown', '--timeout=120s', 'node/10.0.50.23');
    const checked = await konvoy('check', 'kubernetes', ...reflecting);
    expect(checked.stdout).toMatch(/only 1 of them is ready/);
    assertOk(await lab.lab('start', 'worker3'));
  });

  test('and back: a mesh again, with a run that is killed when it has come', async () => {
    const args = ['--config', 'none.yaml', ...ACCEPT, '--accept', 'drops-last-route-reflector'];
    await kubectl(lab, folder, 'wait', '--for=condition=Ready', '--timeout=180s', 'node/10.0.50.23');
    const { gaps } = await lossOf('konvoy, back to the mesh, killed when it is there, and run again', async () => {
      const run = await startRun(lab, folder, ['up', '--yes', ...args]);
      await run.seen('the mesh between all nodes comes back', 1, 240);
      expect(run.kill('SIGKILL')).toBe(true);
      await run.outcome;
      assertOk(await konvoy('up', '--yes', ...args));
    });
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(HICCUP_MS);
    expect((await konvoy('plan', '--exit-code', '--config', 'none.yaml')).exit).toBe(0);
  });
});
