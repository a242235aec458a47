import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { balancedServices, balancer, layer2Pool, untilHolds } from '../support/balanced-services.ts';
import { kubectl, labFrom, NETWORK } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { webApp } from '../support/web-app.ts';

const POOL = layer2Pool('10.0.50.41-10.0.50.42');

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

describeAsRoot('MetalLB under living services', () => {
  let lab: Lab;
  let folder: string;
  let before: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  let services: ReturnType<typeof balancedServices>;
  const ours = (...args: string[]) => kubectl(lab, folder, ...args);

  async function want(values: string): Promise<void> {
    const document = parseDocument(before);
    document.setIn(['spec', 'addons'], [{ addonsList: [{ name: 'metallb', enabled: true, values }] }]);
    await writeFile(join(folder, 'cluster.yaml'), document.toString());
  }

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
    services = balancedServices(lab, folder);
    before = await readFile(join(folder, 'cluster.yaml'), 'utf8');
    await want(POOL);
    assertOk(await konvoy('up', '--yes'));
    await services.apply(...webApp('shop', 'shop.example.com').slice(0, 1), balancer('one'), balancer('two'));
    await ours('rollout', 'status', 'deployment/shop', '--timeout=90s');
    await untilHolds(
      'both have an address',
      async () => (await services.addressOf('one')) !== '' && (await services.addressOf('two')) !== '',
    );
  }, 900_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('a service is reached, and every link of its chain holds', async () => {
    await untilHolds('it answers', async () => {
      const { exit } = await lab.seat([
        'curl',
        '--silent',
        '--fail',
        '--max-time',
        '2',
        `http://${await services.addressOf('one')}/`,
      ]);
      return exit === 0;
    });
    const { exit, links } = await services.explain('one');
    expect([exit, links.filter(({ verdict }) => verdict !== 'fine').map(({ id }) => id)]).toEqual([0, ['sessions']]);
  });

  test('the pool is full: checks say so, and explain says why the third one waits', async () => {
    await services.apply(balancer('three'));
    await untilHolds('MetalLB has tried', async () => (await ours('get', 'events')).includes('no available IPs'));
    const { exit, broken } = await services.explain('three');
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
    const addresses = [await services.addressOf('one'), await services.addressOf('two')];
    await want(layer2Pool('10.0.50.41-10.0.50.42', 'renamed'));
    const refused = await konvoy('deploy', 'addons', '--yes');
    expect([refused.exit, refused.stderr]).toEqual([
      1,
      expect.stringContaining('goes from the pool default to renamed'),
    ]);
    assertOk(await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use'));
    await untilHolds(
      'addresses are there',
      async () => (await services.addressOf('one')) !== '' && (await services.addressOf('two')) !== '',
    );
    expect([await services.addressOf('one'), await services.addressOf('two')].sort()).toEqual(addresses.sort());
  });

  test('a pool that shrinks is refused with the services, and then does what was said', async () => {
    const names = (await services.addressOf('one')) === '10.0.50.42' ? ['one', 'two'] : ['two', 'one'];
    const [moved = '', stays = ''] = names;
    await want(layer2Pool('10.0.50.40-10.0.50.41', 'renamed'));
    const refused = await konvoy('deploy', 'addons', '--yes');
    expect(refused.exit).toBe(1);
    expect(`${refused.stdout}${refused.stderr}`).toContain(
      `1 service that loses its address and gets one anew: default/${moved} 10.0.50.42 (no pool has 10.0.50.42)`,
    );
    expect(await services.addressOf(moved)).toBe('10.0.50.42');
    assertOk(await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use'));
    await untilHolds('it moved', async () => (await services.addressOf(moved)) === '10.0.50.40');
    expect(await services.addressOf(stays)).toBe('10.0.50.41');
    expect((await konvoy('plan', '--exit-code')).exit).toBe(0);
  });

  test('a firewall of somebody on the announcing node is found, with its rule', async () => {
    const host = await services.announcerOf('one');
    const address = await services.addressOf('one');
    await lab.onHost(host, 'iptables', '-t', 'raw', '-I', 'PREROUTING', '-d', `${address}/32`, '-j', 'DROP');
    try {
      const { broken } = await services.explain('one');
      expect(broken.map(({ id }) => id)).toEqual(['firewall', 'reach']);
    } finally {
      await lab.onHost(host, 'iptables', '-t', 'raw', '-D', 'PREROUTING', '-d', `${address}/32`, '-j', 'DROP');
    }
  });

  test('a pool that leaves is refused, and then its services have no address', async () => {
    await want('configInline: {}\n');
    const refused = await konvoy('deploy', 'addons', '--yes');
    expect(refused.exit).toBe(1);
    expect(`${refused.stdout}${refused.stderr}`).toContain('2 services that lose their address and get none');
    expect(await services.addressOf('one')).not.toBe('');
    // Its checks fail, as services wait for addresses.
    expect((await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use')).exit).toBe(5);
    await untilHolds(
      'both have none',
      async () => (await services.addressOf('one')) === '' && (await services.addressOf('two')) === '',
    );
    await want(POOL);
    assertOk(await konvoy('deploy', 'addons', '--yes'));
    await untilHolds('it has one again', async () => (await services.addressOf('one')) !== '');
  }, 300_000);

  test('the ConfigMap of an old MetalLB is recognised, and what it says is offered as configInline', async () => {
    const config = POOL.replace('configInline:\n', '').replaceAll(/^ {2}/gm, '');
    const metadata = { name: 'config', namespace: 'metallb-system' };
    await services.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: metadata.namespace } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { config } },
    );
    try {
      const { stdout } = await konvoy('check', 'addons', '--output', 'json');
      const { checks } = JSON.parse(stdout) as { checks: readonly { id: string; hint?: string }[] };
      const hint = checks.find(({ id }) => id === 'metallb-former')?.hint ?? '';
      expect(parse(hint.slice(hint.indexOf('configInline:'), hint.indexOf('then delete')))).toEqual(parse(POOL));
    } finally {
      await ours('delete', 'namespace', metadata.namespace);
    }
  });

  test('Konvoy’s BGP example is taken, and a router that is not there is told', async () => {
    await want(BGP);
    // It is done, and the checks behind it find that nobody answers the speakers.
    const deployed = await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use');
    expect([deployed.exit, deployed.stdout]).toEqual([5, expect.stringMatching(/have their BGP sessions +\[ERROR\]/)]);
    await untilHolds('it has an address', async () => (await services.addressOf('one')).startsWith('172.40.100.'));
    const { stdout } = await konvoy('check', 'addons');
    expect(stdout).toMatch(/speakers have their BGP sessions +\[ERROR\]/);
    expect(stdout).toContain('10.0.50.21 to peer1 (172.17.0.4:179)');
    const { broken } = await services.explain('one');
    expect(broken[0]?.id).toBe('sessions');
    await want(POOL);
    assertOk(await konvoy('deploy', 'addons', '--yes', '--accept', 'shrinks-pool-in-use'));
  }, 300_000);
});
