import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { printTable } from '../../bench/measure.ts';
import { startRun } from '../support/background-run.ts';
import { balancedServices, layer2Pool, untilHolds } from '../support/balanced-services.ts';
import { kubectl, labFrom, NETWORK } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { webApp } from '../support/web-app.ts';

const SHOP = 'shop.example.com';
const NAMESPACE = '--namespace=kubeaddons';

/** Ends Helm as soon as the release that it upgrades says so. Prints the name of the Secret that then stays as it is. */
const KILL_HELM = [
  'fifo=$(mktemp -u) && mkfifo "$fifo" || exit 1',
  `timeout 120 kubectl --kubeconfig=/etc/kubernetes/admin.conf ${NAMESPACE} get secrets --selector=owner=helm,status=pending-upgrade --watch --output=name >"$fifo" & watch=$!`,
  'read -r found <"$fifo" && kill -KILL $(pgrep -x helm) && echo "$found"',
  'kill $watch; rm "$fifo"',
].join('\n');

/** What the log of a run says when it begins to make something. */
const begun = (address: string, verb = 'create') =>
  `"is":"change-started","change":{"verb":"${verb}","address":"10.0.50.11 ${address}"}`;

/** Where konvoy is killed: what its log says last, for the first time or another one. The first ones are only done on hosts that have had no addon. */
const STEPS: readonly { name: string; log: string; time?: number; fresh: boolean }[] = [
  { name: 'images are copied', log: begun('images:addons', 'update'), fresh: true },
  { name: 'Helm is copied', log: begun('program:/usr/local/bin/helm'), fresh: true },
  { name: 'the namespace is made', log: begun('kube-object:Namespace/kubeaddons'), fresh: true },
  { name: 'MetalLB’s chart is copied', log: 'copying the chart metallb', fresh: false },
  { name: 'Helm writes MetalLB', log: 'writing what the chart makes', fresh: false },
  { name: 'MetalLB starts', log: 'Waiting for d', fresh: false },
  { name: 'the pool is made', log: begun('kube-object:IPAddressPool/kubeaddons/default'), fresh: false },
  { name: 'Traefik’s chart is copied', log: 'copying the chart traefik', fresh: false },
  // Its pods start in less time than konvoy looks for once, so no line says that it waits for them.
  { name: 'Helm writes Traefik', log: 'writing what the chart makes', time: 2, fresh: false },
];

describeAsRoot('the stage of addons when something breaks', () => {
  let lab: Lab;
  let folder: string;
  let before: string;
  let services: ReturnType<typeof balancedServices>;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const ours = (...args: string[]) => kubectl(lab, folder, ...args);

  /** Writes cluster.yaml with MetalLB and with Traefik of these values; without, no addon is wanted. */
  async function want(traefik?: string): Promise<void> {
    const document = parseDocument(before);
    const metallb = { name: 'metallb', enabled: true, values: layer2Pool('10.0.50.25-10.0.50.50') };
    const addonsList = [metallb, { name: 'traefik', enabled: true, values: traefik }];
    document.setIn(['spec', 'addons'], traefik === undefined ? [] : [{ addonsList }]);
    await writeFile(join(folder, 'cluster.yaml'), document.toString());
  }

  const ask = async () => {
    const address = await services.addressOf('traefik-kubeaddons', 'kubeaddons');
    return await lab.seat(['curl', '--silent', '--max-time', '5', '--header', `Host: ${SHOP}`, `http://${address}/`]);
  };
  const answers = async () => (await ask()).stdout.includes('"pod"');
  const nothingToDo = async () => expect((await konvoy('plan', '--exit-code')).exit).toBe(0);
  /** What konvoy began on a host goes on there to its end, and keeps the host's lock so long. */
  const untilUnlocked = async () => {
    const hosts = (await lab.status()).hosts.map(({ name }) => name);
    await untilHolds(
      'every host is unlocked',
      async () => {
        const tried = await Promise.all(
          hosts.map((host) => lab.host(host, ['flock', '-n', '/run/konvoy/lock', 'true'])),
        );
        return tried.every(({ exit }) => exit === 0);
      },
      180,
    );
  };
  async function openShop(): Promise<void> {
    await services.apply(...webApp('shop', SHOP));
    await ours('rollout', 'status', 'deployment/shop', '--timeout=90s');
    await untilHolds('the shop answers', answers);
  }

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
    services = balancedServices(lab, folder);
    before = await readFile(join(folder, 'cluster.yaml'), 'utf8');
  }, 900_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('konvoy is killed at each of its steps, and the next run completes it', async () => {
    const rows: [string, string, string][] = [];
    for (const { name, log, time = 1, fresh } of STEPS) {
      // Hosts go back to where they had no addon.
      if (fresh && rows.length > 0) await labFrom(NETWORK);
      await want('{}');
      const run = await startRun(lab, folder, ['up', '--yes']);
      await run.seen(log, time, 300);
      expect(run.kill('SIGKILL')).toBe(true);
      await run.outcome;
      await untilUnlocked();
      const states = await ours(NAMESPACE, 'get', 'secrets', '--selector=owner=helm', '--show-labels', '--no-headers');
      const found = [...states.matchAll(/name=(\w+)-kubeaddons.*?status=([\w-]+)/g)].map(([, of, is]) => `${of} ${is}`);
      const began = performance.now();
      assertOk(await konvoy('up', '--yes'));
      const seconds = (performance.now() - began) / 1000;
      await nothingToDo();
      await openShop();
      rows.push([name, found.join(', ') || 'no release', `${seconds.toFixed(0)} s`]);
      await want();
      assertOk(await konvoy('up', '--yes', '--accept', 'removes-used-addon'));
      await nothingToDo();
    }
    printTable(['Killed when', 'left behind', 'completed by the next run in'], rows);
  }, 3_600_000);

  test('an upgrade that fails is rolled back while requests are answered, and the next run does it', async () => {
    await want('{}');
    assertOk(await konvoy('up', '--yes'));
    await openShop();
    await want('image: {tag: v0.0.0-nowhere}\ndeployment: {replicas: 3}\n');
    let asked = 0;
    let lost = 0;
    let fails = true;
    const began = performance.now();
    const failing = konvoy('up', '--yes').finally(() => {
      fails = false;
    });
    while (fails) {
      asked += 1;
      if (!(await answers())) lost += 1;
      await sleep(500);
    }
    const failed = await failing;
    const seconds = (performance.now() - began) / 1000;
    expect(failed.exit).toBe(1);
    expect(failed.stderr).toMatch(/traefik-kubeaddons failed, it is back at revision \d/);
    const image = '--output=jsonpath={.spec.template.spec.containers[0].image} {.status.readyReplicas}';
    expect(await ours(NAMESPACE, 'get', 'deployment', 'traefik-kubeaddons', image)).toMatch(/:v3\.\d+\.\d+ 2$/);
    await want('{}');
    await nothingToDo();
    await want('deployment: {replicas: 3}\n');
    assertOk(await konvoy('up', '--yes'));
    expect(await ours(NAMESPACE, 'get', 'deployment', 'traefik-kubeaddons', image)).toMatch(/ 3$/);
    await nothingToDo();
    printTable(
      ['An upgrade to an image that does not exist', 'seen'],
      [
        ['given up and back at the former revision', `${seconds.toFixed(0)} s`],
        ['requests meanwhile, one in half a second', `${asked}, ${lost} of them without an answer`],
      ],
    );
    expect(lost).toBe(0);
  }, 900_000);

  test('a release that Helm was killed over is seen as pending, and the next run ends it', async () => {
    await want('deployment: {replicas: 2}\n');
    assertOk(await konvoy('up', '--yes'));
    await want('deployment: {replicas: 3}\n');
    const killed = lab.host('cp1', ['sh', '-c', KILL_HELM]);
    const run = await startRun(lab, folder, ['up', '--yes']);
    await run.seen('writing what the chart makes', 1, 120);
    // It must not take the release back.
    run.kill('SIGSTOP');
    expect(assertOk(await killed).stdout).toContain('traefik-kubeaddons');
    run.kill('SIGKILL');
    await run.outcome;
    await untilUnlocked();
    expect((await konvoy('plan')).stdout).toContain('status: pending-upgrade -> deployed');
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
    const replicas = '--output=jsonpath={.status.readyReplicas}';
    expect(await ours(NAMESPACE, 'get', 'deployment', 'traefik-kubeaddons', replicas)).toBe('3');
  }, 600_000);
});
