import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { kubectl, networkLab } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, type Outcome } from '../support/lab.ts';
import { tlsSecret } from '../support/tls-secret.ts';
import { webApp } from '../support/web-app.ts';
import { ingress, splitTraffic } from '../support/web-routes.ts';

const SHOP = 'shop.example.com';
/** The layer 2 example of the Konvoy page, to the letter. */
const METALLB = `configInline:
  address-pools:
  - name: default
    protocol: layer2
    addresses:
    - 10.0.50.25-10.0.50.50`;
/** Traefik also reads Ingresses as ingress-nginx did: these know weights. */
const TRAEFIK = 'providers:\n  kubernetesIngressNGINX: {enabled: true}\n';
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
  const traefik = (enabled: boolean) => ({ name: 'traefik', enabled, values: TRAEFIK });

  const addressOf = async (service: string, namespace = 'kubeaddons') =>
    await kubectl(
      lab,
      folder,
      `--namespace=${namespace}`,
      'get',
      'service',
      service,
      '--output=jsonpath={.status.loadBalancer.ingress[0].ip}',
    );
  /** The host that announces a service by layer 2. */
  async function announcerOf(service: string): Promise<string> {
    const fields = `--output=jsonpath={.items[?(@.status.serviceName=="${service}")].status.node}`;
    const node = await kubectl(lab, folder, '--namespace=kubeaddons', 'get', 'servicel2statuses', fields);
    return (await lab.status()).hosts.find(({ address }) => address === node)?.name ?? '';
  }

  /** Asks from the deployer's seat, which is no member of the cluster. */
  const curl = (...args: string[]) => lab.seat(['curl', '--silent', '--show-error', '--max-time', '5', ...args]);
  const ask = (host: string, address: string, path = '/') =>
    curl('--header', `Host: ${host}`, `http://${address}${path}`);

  async function answerOf(host: string, address: string, path = '/'): Promise<string> {
    let last: Outcome | undefined;
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(500)) {
      last = await ask(host, address, path);
      if (last.exit === 0 && last.stdout.includes('"pod"')) return last.stdout;
    }
    throw new Error(`no answer from ${host} at ${address}: ${JSON.stringify(last)}`);
  }

  async function apply(...objects: readonly object[]): Promise<void> {
    const stdin = objects.map((object) => `${JSON.stringify(object)}\n`).join('');
    const command = ['kubectl', '--kubeconfig=admin.conf', 'apply', '--filename=-'];
    assertOk(await lab.seat(command, { cwd: folder, input: stdin }));
  }

  /** An application of its own name, without a way in from outside. */
  async function deploy(name: string): Promise<void> {
    await apply(...webApp(name, 'unused.example.com').filter(({ kind }) => kind !== 'Ingress'));
    await kubectl(lab, folder, 'rollout', 'status', `deployment/${name}`, '--timeout=60s');
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
    await apply(...webApp('shop', SHOP));
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

  test('every host reaches that address, too', async () => {
    const address = await addressOf('traefik-kubeaddons');
    const connect = 'exec 3<>"/dev/tcp/$1/80"';
    for (const { name } of (await lab.status()).hosts) {
      await lab.onHost(name, 'timeout', '5', 'bash', '-c', connect, 'bash', address);
    }
  });

  test('paths of one host lead to different services, whole ones and what begins with them', async () => {
    await deploy('blog');
    const host = 'paths.example.com';
    const paths = [
      { path: '/', service: 'shop' },
      { path: '/blog', service: 'blog' },
      { path: '/newsletter', pathType: 'Exact' as const, service: 'blog' },
    ];
    await apply(ingress('paths', host, paths));
    const address = await addressOf('traefik-kubeaddons');
    const podAt = async (path: string) => JSON.parse(await answerOf(host, address, path)).pod.split('-')[0];
    const ways = ['/', '/else', '/blog', '/blog/today', '/newsletter', '/newsletter/today'];
    const pods = [];
    for (const way of ways) pods.push(await podAt(way));
    expect(pods).toEqual(['shop', 'shop', 'blog', 'blog', 'blog', 'shop']);
  });

  test('of two hundred requests a service of weight 10 gets 20, give or take 6', async () => {
    const host = 'split.example.com';
    await apply(...splitTraffic(host, 'shop', 'blog', 10));
    const address = await addressOf('traefik-kubeaddons');
    const asked = ['--header', `Host: ${host}`, '--header', 'Connection: close'];
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(500)) {
      if ((await curl(...asked, `http://${address}/[1-20]`)).stdout.includes('"pod":"blog-')) break;
    }
    // One of Traefik's pods knows of both services. Each takes up what it hears at most once in two seconds.
    await sleep(4000);
    // Each on a connection of its own, so that both of Traefik's pods take part. 6 are 3 points of a hundred, and 1.4 standard
    // deviations of a fair draw; Traefik deals in turn, so that each of its pods is off by one at most.
    const { stdout } = assertOk(await curl(...asked, `http://${address}/[1-200]`));
    const pods = [...stdout.matchAll(/"pod":"([a-z]+)-/g)].map(([, name]) => name);
    const few = pods.filter((name) => name === 'blog').length;
    console.info(`of ${pods.length} requests ${few} went to the service of weight 10`);
    expect(pods).toHaveLength(200);
    expect(Math.abs(few - 20)).toBeLessThanOrEqual(6);
  });

  test('TLS ends at Traefik with the user’s certificate', async () => {
    const host = 'secure.example.com';
    const { certificate, secret } = tlsSecret('secure', host);
    await apply(secret, ingress('secure', host, [{ path: '/', service: 'shop' }], { tlsSecret: 'secure' }));
    const address = await addressOf('traefik-kubeaddons');
    const file = join(folder, 'secure.pem');
    await writeFile(file, certificate);
    const resolved = ['--resolve', `${host}:443:${address}`, `https://${host}/`];
    let last: Outcome | undefined;
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(500)) {
      last = await curl('--cacert', file, ...resolved);
      if (last.exit === 0) break;
    }
    expect(JSON.parse(assertOk(last ?? { exit: 1, stdout: '', stderr: '' }).stdout).pod).toMatch(/^shop-/);
    // Whoever does not know that certificate is told so: it is not some other one that all know.
    expect((await curl(...resolved)).exit).toBe(60);
    // Any other name gets Traefik's own.
    const other = ['--resolve', `other.example.com:443:${address}`, 'https://other.example.com/'];
    expect((await curl('--cacert', file, ...other)).exit).toBe(60);
  });

  test('services that cannot be reached are explained, each by the link that is broken', async () => {
    const service = (name: string, spec: object) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { type: 'LoadBalancer', selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
    });
    await apply(
      service('podless', { selector: { app: 'nobody' } }),
      service('elsewhere', { loadBalancerIP: '10.0.50.99' }),
      service('inside', { type: 'ClusterIP' }),
    );
    await expect.poll(() => addressOf('podless', 'default'), { timeout: 20_000 }).toMatch(POOL);
    for (const [name, link] of [
      ['podless', 'endpoints'],
      ['elsewhere', 'pool'],
      ['inside', 'type'],
    ]) {
      const { exit, stdout } = await konvoy('explain', 'service', `default/${name}`, '--output', 'json');
      const { links } = JSON.parse(stdout) as { links: readonly { id: string; verdict: string }[] };
      expect([exit, links.find(({ verdict }) => verdict === 'broken')?.id]).toEqual([5, link]);
    }
    await kubectl(lab, folder, 'delete', 'service', 'podless', 'elsewhere', 'inside');
  });

  test('another node answers for an address when the one that announces it is cut off', async () => {
    const address = await addressOf('traefik-kubeaddons');
    const host = await announcerOf('traefik-kubeaddons');
    const macOf = async () => (await lab.seat(['ip', 'neighbour', 'show', address])).stdout.match(/lladdr (\S+)/)?.[1];
    await answerOf(SHOP, address);
    const before = await macOf();
    assertOk(await lab.lab('cut', host));
    try {
      const began = performance.now();
      const loop =
        'until curl --silent --fail --max-time 1 --header "Host: $1" "http://$2/" >/dev/null; do sleep 0.1; done';
      assertOk(await lab.seat(['timeout', '60', 'sh', '-c', loop, 'sh', SHOP, address]));
      console.info(
        `the next answer came ${((performance.now() - began) / 1000).toFixed(1)} s after the node was cut off`,
      );
      expect(await macOf()).not.toBe(before);
    } finally {
      assertOk(await lab.lab('heal', host));
    }
    await kubectl(lab, folder, 'wait', 'nodes', '--all', '--for=condition=Ready', '--timeout=60s');
  });

  test('a second run has nothing to do; checks and status say versions, addresses, pools and old annotations', async () => {
    const began = performance.now();
    expect(assertOk(await konvoy('up', '--yes')).stdout).toContain('Nothing to do.');
    console.info(`a run with nothing to do took ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const annotation = 'traefik.ingress.kubernetes.io/service-weights';
    await kubectl(lab, folder, 'annotate', 'ingress', 'shop', `${annotation}=shop: 90%`);
    const { stdout } = assertOk(await konvoy('check', 'addons'));
    expect(stdout).toContain(`default/shop: ${annotation} → a TraefikService`);
    expect(stdout).toMatch(/default \d+ of 26 used/);
    await kubectl(lab, folder, 'annotate', 'ingress', 'shop', `${annotation}-`);
    const status = assertOk(await konvoy('status')).stdout;
    expect(status).toMatch(/default \d+ of 26 used/);
    expect(status).toContain('v3.7.15: traefik-kubeaddons 2/2');
    const hosts = (await lab.status()).hosts.length;
    expect(stdout).toMatch(/^metallb {64}\[OK\] v0\.16\.1: .*controller 1\/1.*speaker \d\/\d/m);
    expect(stdout).toContain(`speaker ${hosts}/${hosts}`);
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

  test('changed values are shown with what becomes of the objects', async () => {
    const values = `${TRAEFIK}deployment:\n  replicas: 3\nports:\n  web: {exposedPort: 8080}\n`;
    await wantAddons(metallb, { ...traefik(true), values });
    const { stdout } = await konvoy('plan');
    expect(stdout).toContain('values.deployment.replicas: 2 -> 3');
    expect(stdout).toContain('object Deployment kubeaddons/traefik-kubeaddons: spec.replicas: 2 -> 3');
    expect(stdout).toContain('object Service kubeaddons/traefik-kubeaddons: spec.ports[web].port: 80 -> 8080');
    expect(stdout.match(/ object /g)).toHaveLength(2);
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
    const controller = ['deployment/metallb-kubeaddons-controller', '--timeout=60s'];
    const back = await kubectl(lab, folder, '-n', 'kubeaddons', 'rollout', 'status', ...controller);
    expect(back).toContain('successfully rolled out');
  }, 90_000);
});
