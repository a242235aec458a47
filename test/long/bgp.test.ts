import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { printTable } from '../../bench/measure.ts';
import { balancedServices, balancer, untilHolds } from '../support/balanced-services.ts';
import { bgpView, nodesOf, untilListed } from '../support/bgp-view.ts';
import { type Router, startRouter } from '../support/frr-router.ts';
import { kubectl, labFrom, NETWORK } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { webApp } from '../support/web-app.ts';

/** How a node falls silent. Neither closes its session: a killed host's network goes with it. */
const FAULTS = {
  'cable cut': { strike: ['cut'], mend: ['heal'] },
  'node killed': { strike: ['kill', '--stay-down'], mend: ['start'] },
} as const;

/** MetalLB's own hold time, and one of the user's: both sides take the smaller one, and FRR's is 180 s. */
const CASES = [
  { fault: 'cable cut', holdTime: 90, written: '' },
  { fault: 'cable cut', holdTime: 9, written: '    hold-time: 9s\n' },
  { fault: 'node killed', holdTime: 9, written: '    hold-time: 9s\n' },
] as const;
const values = (peer: string, advertisements: string) =>
  `configInline:\n  peers:\n  - my-asn: 64500\n    peer-asn: 64500\n    peer-address: 172.17.0.4\n${peer}  address-pools:\n  - name: my-ip-space\n    protocol: bgp\n    addresses:\n    - 172.40.100.0/24\n${advertisements}`;

const PASSWORD = 'a-word-for-routers';
/** Of each address, and of the whole pool. */
const ADVERTISEMENTS = `    bgp-advertisements:
    - {aggregation-length: 32, localpref: 200, communities: ['64500:7', '64500:8']}
    - {aggregation-length: 24, localpref: 150}
`;

describeAsRoot('a node that a router hears nothing of any more', () => {
  let lab: Lab;
  let folder: string;
  let before: string;
  let router: Router;
  let nodes: Awaited<ReturnType<typeof nodesOf>>;
  let services: ReturnType<typeof balancedServices>;
  const nextHops = async () => await bgpView(router).nextHops(await services.addressOf('shop'));

  async function want(peer: string, advertisements = ''): Promise<void> {
    const document = parseDocument(before);
    const addonsList = [{ name: 'metallb', enabled: true, values: values(peer, advertisements) }];
    document.setIn(['spec', 'addons'], [{ addonsList }]);
    await writeFile(join(folder, 'cluster.yaml'), document.toString());
    const accepted = ['--accept', 'removes-used-addon', '--accept', 'shrinks-pool-in-use'];
    assertOk(await lab.konvoy(['up', '--yes', ...accepted], { cwd: folder }));
  }

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
    nodes = await nodesOf(lab);
    services = balancedServices(lab, folder);
    before = await readFile(join(folder, 'cluster.yaml'), 'utf8');
    const peers = nodes.all.map((address) => ({ address, asn: 64_500 }));
    router = await startRouter(lab, { address: '172.17.0.4', asn: 64_500, peers });
  }, 900_000);

  afterAll(async () => {
    await router?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('loses its ways when its hold time is over, and the others answer', async () => {
    const rows: string[][] = [];
    const [first = ''] = nodes.workers;
    const host = (await lab.status()).hosts.find(({ address }) => address === first)?.name ?? '';
    for (const { fault, holdTime, written } of CASES) {
      const [strike, ...flags] = FAULTS[fault].strike;
      await want(written);
      await services.apply(...webApp('shop', 'shop.example.com').slice(0, 1), balancer('shop'));
      await kubectl(lab, folder, 'rollout', 'status', 'deployment/shop', '--timeout=90s');
      await untilHolds('it has an address', async () => (await services.addressOf('shop')) !== '');
      await untilListed(nodes.all, () => bgpView(router).establishedWith(holdTime), 120);
      await untilListed(nodes.workers, nextHops);
      const address = await services.addressOf('shop');
      assertOk(await lab.lab(strike, host, ...flags));
      let gone = 0;
      try {
        gone = await untilListed(nodes.workers.slice(1), nextHops, holdTime + 30);
        const route = (await lab.seat(['ip', 'route', 'show', address])).stdout;
        expect(route).not.toContain(first);
        for (const other of nodes.workers.slice(1)) expect(route).toContain(other);
        await untilHolds('it answers', async () => {
          const { stdout } = await lab.seat(['curl', '--silent', '--max-time', '2', `http://${address}/`]);
          return stdout.includes('"pod"');
        });
      } finally {
        assertOk(await lab.lab(...FAULTS[fault].mend, host));
      }
      const back = await untilListed(nodes.workers, nextHops, 180);
      // The last keepalive came up to a third of it before.
      expect(gone).toBeGreaterThan((holdTime * 2) / 3 - 2);
      expect(gone).toBeLessThan(holdTime + 10);
      rows.push([fault, `${holdTime} s`, `${gone.toFixed(1)} s`, `${back.toFixed(1)} s`]);
    }
    printTable(['Fault', 'hold time', 'ways gone after', 'back after it was mended'], rows);
  }, 1_200_000);

  test('a router with a password learns the communities and preferences that are written', async () => {
    await router.stop();
    const peers = nodes.all.map((address) => ({ address, asn: 64_500, password: PASSWORD }));
    router = await startRouter(lab, { address: '172.17.0.4', asn: 64_500, peers });
    await want(`    password: ${PASSWORD}\n`, ADVERTISEMENTS);
    await services.apply(...webApp('shop', 'shop.example.com').slice(0, 1), balancer('shop'));
    await untilHolds('it has an address', async () => (await services.addressOf('shop')) !== '');
    await untilListed(nodes.all, () => bgpView(router).established(), 120);
    await untilListed(nodes.workers, nextHops);
    const address = await services.addressOf('shop');
    const { attributes } = bgpView(router);
    await untilListed(
      nodes.workers.map(() => '200 64500:7 64500:8'),
      () => attributes(`${address}/32`),
    );
    await untilListed(
      nodes.workers.map(() => '150'),
      () => attributes('172.40.100.0/24'),
    );
  }, 600_000);
});
