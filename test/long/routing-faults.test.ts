import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { type BackgroundRun, startRun } from '../support/background-run.ts';
import { kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { meshLab } from '../support/network-configs.ts';
import { printPings, whilePinging } from '../support/pings.ts';

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3'] as const;
/** They never reflect routes, and are not the host of the pod. */
const CLIENTS = ['cp1', 'worker1'] as const;
/** Milliseconds without an answer that no missing route explains: six nodes share few cores. */
const HICCUP_MS = 100;
const ACCEPT = ['--accept', 'rebuilds-bgp-routes'] as const;
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';

describeAsRoot('a mesh that is to become route reflectors, when something breaks', () => {
  let lab: Lab;
  let folder: string;
  let pod: string;
  let reflecting: readonly string[];
  const rows: string[][] = [];
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const checkRouting = () => konvoy('check', 'kubernetes', '--config', 'none.yaml');

  /** Does something while packets travel between nodes that nothing is done to: none of them may be missing. */
  const losingNothing = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    const { result, seconds, pings } = await whilePinging(lab, CLIENTS, pod, act);
    rows.push([what, `${seconds.toFixed(0)} s`, ...pings.map(printPings)]);
    for (const { sent, longestGapMs } of pings) {
      expect(sent).toBeGreaterThan(0);
      expect(longestGapMs).toBeLessThanOrEqual(HICCUP_MS);
    }
    return result;
  };

  const startMigration = async (): Promise<BackgroundRun> => {
    const run = await startRun(lab, folder, ['up', '--yes', ...reflecting, ...ACCEPT]);
    await run.seen('10.0.50.22 becomes a route reflector', 1, 240);
    return run;
  };

  beforeAll(async () => {
    ({ lab, folder, pod, reflecting } = await meshLab());
  }, 900_000);

  afterAll(() => {
    printTable(['What breaks', 'took', ...CLIENTS.map((host) => `${host}, lost (longest gap)`)], rows);
  });

  test('a node that is not ready: refused, and nothing is touched', async () => {
    assertOk(await lab.host('worker1', ['systemctl', 'stop', 'kubelet']));
    await kubectl(lab, folder, 'wait', '--for=condition=Ready=Unknown', '--timeout=120s', 'node/10.0.50.21');
    const { exit, stderr } = await losingNothing('a node is not ready', () =>
      konvoy('up', '--yes', ...reflecting, ...ACCEPT),
    );
    expect(exit).not.toBe(0);
    expect(stderr).toContain('skips-unready-node');
    expect(stderr).toContain('10.0.50.21');
    assertOk(await lab.host('worker1', ['systemctl', 'start', 'kubelet']));
    await kubectl(lab, folder, 'wait', '--for=condition=Ready', '--timeout=120s', 'node/10.0.50.21');
    expect(assertOk(await checkRouting()).stdout).toContain('a mesh between');
  });

  test('a reflector that is lost between two steps: gone back from, with its name', async () => {
    const { exit, stderr } = await losingNothing('a reflector lost between two steps', async () => {
      const run = await startMigration();
      assertOk(await lab.lab('kill', 'worker2', '--stay-down'));
      return await run.outcome;
    });
    expect({ exit, stderr }).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/gone back to what was there before \(the mesh/),
    });
    expect(stderr).toMatch(/10\.0\.50\.22/);
    assertOk(await lab.lab('start', 'worker2'));
    await kubectl(lab, folder, 'wait', '--for=condition=Ready', '--timeout=180s', 'node/10.0.50.22');
    await expect.poll(async () => (await checkRouting()).stdout, { timeout: 60_000 }).toContain('a mesh between');
  });

  test('every API server down in the middle: one clear error, routes stay, and the next run ends it', async () => {
    const { exit, stderr } = await losingNothing('all API servers down in the middle', async () => {
      const run = await startMigration();
      for (const host of CONTROL_PLANES) assertOk(await lab.host(host, ['mv', MANIFEST, '/run/kube-apiserver.yaml']));
      const outcome = await run.outcome;
      for (const host of CONTROL_PLANES) assertOk(await lab.host(host, ['mv', '/run/kube-apiserver.yaml', MANIFEST]));
      return outcome;
    });
    expect({ exit, stderr }).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('the API of the cluster does not answer on any control-plane host'),
    });
    expect(stderr).not.toMatch(/^ +at /m);
    await losingNothing('the next run', async () => {
      await expect
        .poll(async () => (await lab.seat(['kubectl', '--kubeconfig=admin.conf', 'get', '--raw=/readyz'])).exit, {
          timeout: 120_000,
        })
        .toBe(0);
      assertOk(await konvoy('up', '--yes', ...reflecting, ...ACCEPT));
    });
    expect((await konvoy('plan', '--exit-code', ...reflecting)).exit).toBe(0);
    expect(assertOk(await konvoy('check', 'kubernetes', ...reflecting)).stdout).toContain('2 route reflectors');
  });
});
