import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { kubectl, networkLab } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, type Outcome } from '../support/lab.ts';
import { webApp } from '../support/web-app.ts';

const SHOP = 'shop.example.com';
/** The layer 2 example of the Konvoy page, to the letter. */
const METALLB = `configInline:
  address-pools:
  - name: default
    protocol: layer2
    addresses:
    - 10.0.50.25-10.0.50.50`;
const POOL = /^10\.0\.50\.(2[5-9]|[34]\d|50)$/;

describeAsRoot('MetalLB and Traefik', () => {
  let lab: Lab;
  let folder: string;
  let before: string;
  let first: Outcome;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const file = () => join(folder, 'cluster.yaml');

  /** Writes cluster.yaml with these addons over what stood there before this suite. */
  async function wantAddons(...addonsList: readonly object[]): Promise<void> {
    const document = parseDocument(before);
    if (addonsList.length > 0) document.setIn(['spec', 'addons'], [{ addonsList }]);
    await writeFile(file(), document.toString());
  }
  const metallb = { name: 'metallb', enabled: true, values: METALLB };
  const traefik = (enabled: boolean) => ({ name: 'traefik', enabled });

  const addressOf = async (service: string) =>
    await kubectl(
      lab,
      folder,
      '--namespace=kubeaddons',
      'get',
      'service',
      service,
      '--output=jsonpath={.status.loadBalancer.ingress[0].ip}',
    );
  /** Asks from the deployer's seat, which is no member of the cluster. */
  const ask = (host: string, address: string) =>
    lab.seat([
      'curl',
      '--silent',
      '--show-error',
      '--max-time',
      '5',
      '--header',
      `Host: ${host}`,
      `http://${address}/`,
    ]);

  async function answerOf(host: string, address: string): Promise<string> {
    let last: Outcome | undefined;
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(500)) {
      last = await ask(host, address);
      if (last.exit === 0 && last.stdout.includes('"pod"')) return last.stdout;
    }
    throw new Error(`no answer from ${host} at ${address}: ${JSON.stringify(last)}`);
  }

  beforeAll(async () => {
    lab = await networkLab();
    folder = lab.folder;
    before = await readFile(file(), 'utf8');
    await wantAddons(metallb, traefik(true));
    const began = performance.now();
    first = await konvoy('up', '--yes');
    console.info(`addons on a cluster with a network took ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }, 600_000);

  afterAll(async () => {
    if (before !== undefined) await writeFile(file(), before);
  });

  test('one run installs both, in the look that Konvoy’s users know', async () => {
    assertOk(first);
    expect(first.stdout).toContain('STAGE [Deploying Enabled Addons]');
    for (const name of ['metallb', 'traefik']) expect(first.stdout).toContain(`${name.padEnd(71)}[OK]`);
    expect(await addressOf('traefik-kubeaddons')).toMatch(POOL);
  });

  test('a host outside of the cluster reaches an Ingress by its name at MetalLB’s address', async () => {
    const objects = webApp('shop', SHOP);
    const stdin = objects.map((object) => `${JSON.stringify(object)}\n`).join('');
    const command = ['kubectl', '--kubeconfig=admin.conf', 'apply', '--filename=-'];
    assertOk(await lab.seat(command, { cwd: folder, input: stdin }));
    await kubectl(lab, folder, 'rollout', 'status', 'deployment/shop', '--timeout=60s');
    const address = await addressOf('traefik-kubeaddons');
    const began = performance.now();
    expect(JSON.parse(await answerOf(SHOP, address))).toMatchObject({ pod: expect.stringMatching(/^shop-/) });
    console.info(`the first answer came after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect((await ask('nobody.example.com', address)).stdout).toContain('404');
    // `publishedService`: the Ingress says Traefik's address as its own, and got the default class.
    const shown = await kubectl(
      lab,
      folder,
      'get',
      'ingress',
      'shop',
      '--output=jsonpath={.spec.ingressClassName} {.status.loadBalancer.ingress[0].ip}',
    );
    expect(shown).toBe(`traefik ${address}`);
  });

  test('a second run has nothing to do, and the checks say versions and addresses', async () => {
    const began = performance.now();
    expect(assertOk(await konvoy('up', '--yes')).stdout).toContain('Nothing to do.');
    console.info(`a run with nothing to do took ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const { stdout } = assertOk(await konvoy('check', 'addons'));
    expect(stdout).toMatch(/^metallb {64}\[OK\] v0\.16\.1: .*controller 1\/1.*speaker 6\/6/m);
    expect(stdout).toMatch(/^traefik {64}\[OK\] v3\.7\.15: traefik-kubeaddons 2\/2/m);
    expect(stdout).toContain(`[OK] ${await addressOf('traefik-kubeaddons')}`);
  });

  test('what somebody changes in an object of a release is seen and put back', async () => {
    await kubectl(lab, folder, '--namespace=kubeaddons', 'scale', 'deployment/traefik-kubeaddons', '--replicas=1');
    await kubectl(lab, folder, '--namespace=kubeaddons', 'delete', 'poddisruptionbudget', 'traefik-kubeaddons');
    const planned = (await konvoy('plan', '--exit-code')).stdout;
    expect(planned).toContain('object Deployment kubeaddons/traefik-kubeaddons: spec.replicas');
    expect(planned).toContain('object PodDisruptionBudget kubeaddons/traefik-kubeaddons');
    assertOk(await konvoy('deploy', 'addons', '--yes'));
    expect((await konvoy('plan', '--exit-code')).exit).toBe(0);
  });

  test('values that the chart refuses end the run before anything is touched, with line and column', async () => {
    await wantAddons(metallb, { ...traefik(true), values: 'deployment:\n  replicas: two\n' });
    const { exit, stderr } = await konvoy('up', '--yes');
    expect(exit).toBe(3);
    expect(stderr).toMatch(/cluster\.yaml:\d+:\d+/);
    expect(stderr).toContain('deployment.replicas must be a number, not the text "two"');
  });

  test('an addon that is used leaves only when that is accepted, and comes back', async () => {
    await wantAddons(metallb, traefik(false));
    const refused = await konvoy('up', '--yes');
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('removes-used-addon');
    assertOk(await konvoy('up', '--yes', '--accept', 'removes-used-addon'));
    const left = await kubectl(lab, folder, '--namespace=kubeaddons', 'get', 'deployments', '--output=name');
    expect(left).not.toContain('traefik');
    expect((await konvoy('plan', '--exit-code')).exit).toBe(0);
    await wantAddons(metallb, traefik(true));
    assertOk(await konvoy('up', '--yes'));
    await answerOf(SHOP, await addressOf('traefik-kubeaddons'));
  }, 240_000);

  test('the seed’s command ends MetalLB’s controller, which comes back', async () => {
    const selector = 'app=metallb,component=controller';
    const deleted = await kubectl(lab, folder, '-n', 'kubeaddons', 'delete', 'pod', '-l', selector);
    expect(deleted).toMatch(/^pod ".*controller.*" deleted/);
  });
});
