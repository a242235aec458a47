import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import type { JsonObject } from '../../src/core/json.ts';
import { clusterLab, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { webApp } from '../support/web-app.ts';

/** A pool of two addresses, or another one. */
const layer2 = (addresses = '10.0.50.41-10.0.50.42', name = 'default') =>
  `configInline:\n  address-pools:\n  - name: ${name}\n    protocol: layer2\n    addresses:\n    - ${addresses}\n`;

/** The BGP example of the Konvoy page, to the letter. Nobody is at 172.17.0.4 here. */
const BGP = `configInline:
  peers:
  - my-asn: 64500
    peer-asn: 64500
    peer-address: 172.17.0.4
  address-pools:
  - name: my-ip-space
    protocol: bgp
    addresses:
    - 172.40.100.0/24`;

interface Link {
  readonly id: string;
  readonly verdict: string;
  readonly summary: string;
}

describeAsRoot('MetalLB under living services', () => {
  let lab: Lab;
  let folder: string;
  let before: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const ours = (...args: string[]) => kubectl(lab, folder, ...args);

  async function want(values: string): Promise<void> {
    const document = parseDocument(before);
    document.setIn(['spec', 'addons'], [{ addonsList: [{ name: 'metallb', enabled: true, values }] }]);
    await writeFile(join(folder, 'cluster.yaml'), document.toString());
  }

  async function apply(...objects: readonly JsonObject[]): Promise<void> {
    const input = objects.map((object) => `${JSON.stringify(object)}\n`).join('');
    assertOk(await lab.seat(['kubectl', '--kubeconfig=admin.conf', 'apply', '--filename=-'], { cwd: folder, input }));
  }

  /** A service of type LoadBalancer in front of the pods of `shop`. */
  const balancer = (name: string, spec: JsonObject = {}): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'LoadBalancer', selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  });

  const addressOf = async (name: string) =>
    await ours('get', 'service', name, '--output=jsonpath={.status.loadBalancer.ingress[0].ip}');

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(500)) if (await holds()) return;
    throw new Error(`not within a minute: ${what}`);
  }

  async function explain(name: string) {
    const { exit, stdout } = await konvoy('explain', 'service', `default/${name}`, '--output', 'json');
    const { links } = JSON.parse(stdout) as { links: readonly Link[] };
    return { exit, broken: links.filter(({ verdict }) => verdict === 'broken'), links };
  }

  beforeAll(async () => {
    lab = await clusterLab();
    folder = lab.folder;
    before = await readFile(join(folder, 'cluster.yaml'), 'utf8');
    await want(layer2());
    assertOk(await konvoy('up', '--yes', '--accept', 'removes-used-addon'));
    await apply(...webApp('shop', 'shop.example.com').slice(0, 1), balancer('one'), balancer('two'));
    await ours('rollout', 'status', 'deployment/shop', '--timeout=90s');
    await until('both have an address', async () => (await addressOf('one')) !== '' && (await addressOf('two')) !== '');
  }, 900_000);

  afterAll(async () => {
    if (before !== undefined) await writeFile(join(folder, 'cluster.yaml'), before);
  });

  test('a service is reached, and every link of its chain holds', async () => {
    await until('it answers', async () => {
      const { exit } = await lab.seat([
        'curl',
        '--silent',
        '--fail',
        '--max-time',
        '2',
        `http://${await addressOf('one')}/`,
      ]);
      return exit === 0;
    });
    const { exit, links } = await explain('one');
    expect([exit, links.filter(({ verdict }) => verdict !== 'fine').map(({ id }) => id)]).toEqual([0, ['sessions']]);
  });

  test('the pool is full: checks say so, and explain says why the third one waits', async () => {
    await apply(balancer('three'));
    await until('MetalLB has tried', async () => (await ours('get', 'events')).includes('no available IPs'));
    const { exit, broken } = await explain('three');
    expect([exit, broken[0]?.id, broken[0]?.summary]).toEqual([
      5,
      'address',
      expect.stringContaining('default is full (2)'),
    ]);
    const { stdout } = await konvoy('check', 'addons');
    expect(stdout).toContain('full: default 2 of 2 used');
    expect(stdout).toContain('default/three');
    await ours('delete', 'service', 'three');
  });

  test('a pool that is renamed is refused, too, and gives its addresses out anew', async () => {
    const addresses = [await addressOf('one'), await addressOf('two')];
    await want(layer2('10.0.50.41-10.0.50.42', 'renamed'));
    const refused = await konvoy('deploy', 'addons', '--yes');
    expect([refused.exit, refused.stderr]).toEqual([
      1,
      expect.stringContaining('goes from the pool default to renamed'),
    ]);
    assertOk(await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use'));
    await until('addresses are there', async () => (await addressOf('one')) !== '' && (await addressOf('two')) !== '');
    expect([await addressOf('one'), await addressOf('two')].sort()).toEqual(addresses.sort());
  });

  test('a pool that shrinks is refused with the services, and then does what was said', async () => {
    const names = (await addressOf('one')) === '10.0.50.42' ? ['one', 'two'] : ['two', 'one'];
    const [moved = '', stays = ''] = names;
    await want(layer2('10.0.50.40-10.0.50.41', 'renamed'));
    const refused = await konvoy('deploy', 'addons', '--yes');
    expect(refused.exit).toBe(1);
    expect(`${refused.stdout}${refused.stderr}`).toContain(
      `1 service that loses its address and gets one anew: default/${moved} 10.0.50.42 (no pool has 10.0.50.42)`,
    );
    expect(await addressOf(moved)).toBe('10.0.50.42');
    assertOk(await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use'));
    await until('it moved', async () => (await addressOf(moved)) === '10.0.50.40');
    expect(await addressOf(stays)).toBe('10.0.50.41');
    expect((await konvoy('plan', '--exit-code')).exit).toBe(0);
  });

  test('services that are broken on purpose, each with its link', async () => {
    const first = async (name: string) => (await explain(name)).broken[0]?.id;
    await apply(balancer('pods', { selector: { app: 'nobody' } }));
    await ours('delete', 'service', 'two');
    await until('it has an address', async () => (await addressOf('pods')) !== '');
    expect(await first('pods')).toBe('endpoints');
    await ours('delete', 'service', 'pods');
    expect(await first('pods')).toBe('type');
    await apply(
      balancer('asking', { loadBalancerIP: '10.0.50.99' }),
      balancer('class', { loadBalancerClass: 'x.io/y' }),
    );
    expect(await first('asking')).toBe('pool');
    expect(await first('class')).toBe('type');
    await ours('delete', 'service', 'asking', 'class');
    await ours('--namespace=kubeaddons', 'delete', 'l2advertisements', '--all');
    await until('nobody announces it', async () => (await explain('one')).broken.some(({ id }) => id === 'announced'));
    expect(await first('one')).toBe('advertisement');
    assertOk(await konvoy('deploy', 'addons', '--yes'));
    await until('it is well again', async () => (await explain('one')).exit === 0);
  }, 240_000);

  test('a firewall of somebody on the announcing node is found, with its rule', async () => {
    const node = await ours(
      '--namespace=kubeaddons',
      'get',
      'servicel2statuses',
      '--output=jsonpath={.items[?(@.status.serviceName=="one")].status.node}',
    );
    const { hosts } = await lab.status();
    const host = hosts.find(({ address }) => address === node)?.name ?? '';
    const address = await addressOf('one');
    await lab.onHost(host, 'iptables', '-t', 'raw', '-I', 'PREROUTING', '-d', `${address}/32`, '-j', 'DROP');
    try {
      const { broken } = await explain('one');
      expect(broken.map(({ id }) => id)).toEqual(['firewall', 'reach']);
    } finally {
      await lab.onHost(host, 'iptables', '-t', 'raw', '-D', 'PREROUTING', '-d', `${address}/32`, '-j', 'DROP');
    }
  });

  test('Konvoy’s BGP example is taken, and a router that is not there is told', async () => {
    await want(BGP);
    assertOk(await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use'));
    await until('it has an address', async () => (await addressOf('one')).startsWith('172.40.100.'));
    const { stdout } = await konvoy('check', 'addons');
    expect(stdout).toMatch(/speakers have their BGP sessions +\[ERROR\]/);
    expect(stdout).toContain('10.0.50.21 to peer1 (172.17.0.4:179)');
    const { broken } = await explain('one');
    expect(broken[0]?.id).toBe('sessions');
    await want(layer2());
    assertOk(await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use'));
  }, 300_000);
});
