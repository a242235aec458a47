import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { bgpView, nodesOf, untilListed } from '../support/bgp-view.ts';
import { type Router, startRouter } from '../support/frr-router.ts';
import { clusterLab, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { webApp } from '../support/web-app.ts';

const HOST = 'bgp.example.com';
/** The BGP example of the Konvoy page, to the letter. */
const METALLB = `configInline:
  peers:
  - my-asn: 64500
    peer-asn: 64500
    peer-address: 172.17.0.4
  address-pools:
  - name: my-ip-space
    protocol: bgp
    addresses:
    - 172.40.100.0/24`;
/** Kubernetes’ label of a node that takes no traffic from outside. */
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';
/**
 * Ends well once the kernel sends nothing for `$1` over `$2`, within half a minute. It looks fifty times a second: a speaker that
 * was killed may be back in one, and the router's own list is ahead of the kernel.
 */
const WAY_GOES =
  'for turn in $(seq 1500); do ip route show "$1" | grep -q "via $2 " || exit 0; sleep 0.02; done; exit 1';

describeAsRoot('MetalLB and a router that speaks BGP', () => {
  let lab: Lab;
  let folder: string;
  let before: string;
  let router: Router;
  let nodes: Awaited<ReturnType<typeof nodesOf>>;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });

  const address = () => {
    const fields = '--output=jsonpath={.status.loadBalancer.ingress[0].ip}';
    return kubectl(lab, folder, '--namespace=kubeaddons', 'get', 'service', 'traefik-kubeaddons', fields);
  };
  const nextHops = async () => await bgpView(router).nextHops(await address());
  const established = () => bgpView(router).established();
  /** Asks from the router: what it knows of the Service's address it knows by BGP. */
  const answer = async () => {
    const request = ['--silent', '--show-error', '--max-time', '5', '--header', `Host: ${HOST}`];
    return await lab.seat(['curl', ...request, `http://${await address()}/`]);
  };

  beforeAll(async () => {
    lab = await clusterLab();
    folder = lab.folder;
    nodes = await nodesOf(lab);
    before = await readFile(join(folder, 'cluster.yaml'), 'utf8');
    const peers = nodes.all.map((node) => ({ address: node, asn: 64_500 }));
    router = await startRouter(lab, { address: '172.17.0.4', asn: 64_500, peers });
    const document = parseDocument(before);
    const addonsList = [
      { name: 'metallb', enabled: true, values: METALLB },
      { name: 'traefik', enabled: true },
    ];
    document.setIn(['spec', 'addons'], [{ addonsList }]);
    await writeFile(join(folder, 'cluster.yaml'), document.toString());
  }, 600_000);

  afterAll(async () => {
    await router?.stop();
    if (before !== undefined) await writeFile(join(folder, 'cluster.yaml'), before);
  });

  test('the documentation’s example has a session from every node, and equal ways over every worker', {
    timeout: 300_000,
  }, async () => {
    assertOk(await konvoy('up', '--yes', '--accept', 'shrinks-pool-in-use'));
    expect(await address()).toMatch(/^172\.40\.100\.\d+$/);
    await untilListed(nodes.all, established);
    await untilListed(nodes.workers, nextHops);
    const route = (await lab.seat(['ip', 'route', 'show', await address()])).stdout;
    for (const worker of nodes.workers) expect(route).toContain(`via ${worker}`);
    assertOk(await konvoy('check', 'addons'));
    expect((await konvoy('plan', '--exit-code')).exit).toBe(0);
  });

  test('whoever is behind the router reaches an Ingress by its name', async () => {
    const input = webApp('bgp', HOST)
      .map((object) => `${JSON.stringify(object)}\n`)
      .join('');
    assertOk(await lab.seat(['kubectl', '--kubeconfig=admin.conf', 'apply', '--filename=-'], { cwd: folder, input }));
    await kubectl(lab, folder, 'rollout', 'status', 'deployment/bgp', '--timeout=60s');
    let last = await answer();
    for (let turn = 0; turn < 40 && !last.stdout.includes('"pod"'); turn++) {
      await sleep(500);
      last = await answer();
    }
    expect(JSON.parse(assertOk(last).stdout)).toMatchObject({ pod: expect.stringMatching(/^bgp-/) });
  });

  test('a session that is torn comes back by itself, and a node that is excluded takes its way with it', async () => {
    const [torn = ''] = nodes.workers;
    await router.show(`clear bgp ${torn}`);
    const back = await untilListed(nodes.workers, nextHops);
    await kubectl(lab, folder, 'label', 'node', torn, `${EXCLUDED}=`);
    const gone = await untilListed(nodes.workers.slice(1), nextHops);
    await kubectl(lab, folder, 'label', 'node', torn, `${EXCLUDED}-`);
    const again = await untilListed(nodes.workers, nextHops);
    console.info(
      `session torn: all ways again after ${back.toFixed(1)} s; node excluded: way gone after ${gone.toFixed(1)} s, there again ${again.toFixed(1)} s after it takes part`,
    );
    expect((await answer()).exit).toBe(0);
  });

  test('a speaker that is killed takes the way over its node with it, and comes back with it', async () => {
    const [killed = ''] = nodes.workers;
    const host = (await lab.status()).hosts.find(({ address: own }) => own === killed)?.name ?? '';
    const leaving = lab.seat(['sh', '-c', WAY_GOES, 'sh', await address(), killed]);
    await lab.onHost(host, 'sh', '-c', 'kill -KILL $(pgrep -x speaker)');
    const began = performance.now();
    expect((await leaving).exit).toBe(0);
    const gone = (performance.now() - began) / 1000;
    expect((await answer()).stdout).toContain('"pod"');
    const back = await untilListed(nodes.workers, nextHops);
    console.info(`speaker killed: way gone after ${gone.toFixed(1)} s, there again ${back.toFixed(1)} s later`);
  });

  test('a router that is not there is told by check addons', { timeout: 180_000 }, async () => {
    await router.stop();
    let told = '';
    for (const end = Date.now() + 120_000; Date.now() < end; await sleep(2000)) {
      const { exit, stdout } = await konvoy('check', 'addons');
      told = stdout;
      if (exit !== 0) break;
    }
    expect(told).toContain('172.17.0.4');
  });
});
