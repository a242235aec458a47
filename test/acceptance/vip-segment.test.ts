import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertOk, describeAsRoot, FRESH, type Lab, SHARED_HOSTS, sharedLab } from '../support/lab.ts';
import { CONTROL_PLANES, holdersOf, oneHolder } from '../support/vip-lab.ts';

/** Outside of the hosts' own subnet: every machine needs a route to it. */
const VIP = '10.0.60.20';
const CONF = '/etc/keepalived/keepalived.conf';
const BY_HAND = '# written by hand\n';
const TAKEN = 77;
const FREE = 137;
const OTHER_IDS = Array.from({ length: 255 }, (_, at) => at + 1).filter((vrid) => vrid !== FREE);

/** Each port of the bridge lets out its own host's address only, as many infrastructures do. */
const ADDRESS_GUARD = `table bridge guard {
  chain in {
    type filter hook prerouting priority -300; policy accept;
${['11', '12', '13', '21', '22', '23']
  .map(
    (host) => `    iifname "host${host}" ether type arp arp saddr ip != 10.0.50.${host} drop
    iifname "host${host}" ip saddr != 10.0.50.${host} drop`,
  )
  .join('\n')}
  }
}
`;

describeAsRoot('the address of the API on a difficult segment', () => {
  let lab: Lab;
  let folder: string;
  let sender: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const addRoute = (host: string) => lab.onHost(host, 'ip', 'route', 'replace', `${VIP}/32`, 'dev', 'eth0');
  const startSender = (...vrids: number[]) => {
    const command = ['python3', '-c', sender, '10.0.50.22', ...vrids.map(String)];
    return lab.onHost('worker2', 'systemd-run', '--quiet', '--unit=foreign-vrrp', ...command);
  };
  const edit = async (from: string, to: string) => {
    const path = join(folder, 'cluster.yaml');
    const text = await readFile(path, 'utf8');
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
  };

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await lab.copyFolder();
    sender = await readFile(join(import.meta.dirname, '../support/vrrp-sender.py'), 'utf8');
    await edit('controlPlaneEndpointOverride: 10.0.50.20:6443', `controlPlaneEndpointOverride: ${VIP}:6443`);
    await edit('keepalived: {}', `keepalived: {vrid: ${TAKEN}}`);
    const byHand = ['sh', '-c', `mkdir -p /etc/keepalived && cat >${CONF}`];
    assertOk(await lab.host('cp2', byHand, { input: BY_HAND }));
  });

  afterAll(async () => {
    await lab.seat(['nft', 'delete', 'table', 'bridge', 'guard']);
    await lab.seat(['ip', 'route', 'delete', `${VIP}/32`]);
    await rm(folder, { recursive: true, force: true });
  });

  test('is refused where a host has no route, a stranger answers for it, and its router id is heard by multicast', async () => {
    await Promise.all(['cp1', 'cp2', 'worker2'].map(addRoute));
    await lab.onHost('cp3', 'ip', 'route', 'delete', 'default');
    await lab.onHost('worker2', 'ip', 'address', 'add', `${VIP}/32`, 'dev', 'eth0');
    await startSender(TAKEN);
    const plan = await konvoy('plan', '--until', 'hosts');
    const said = plan.stdout + plan.stderr;
    expect(plan.exit).toBe(1);
    expect(said).toContain('10.0.50.13 has no route to the virtual address');
    expect(said).toContain('add an on-link route to it on that host');
    expect(said).toContain(`${VIP} is in use: 02:4b:0a:00:32:16 answers for it`);
    expect(said).toContain(`virtual router id ${TAKEN} is in use on the segment: 10.0.50.22 advertises with it`);
    await lab.onHost('worker2', 'ip', 'address', 'delete', `${VIP}/32`, 'dev', 'eth0');
    await lab.onHost('worker2', 'systemctl', 'stop', 'foreign-vrrp');
  });

  test('works in another subnet with on-link routes, under the only router id that nobody else uses', async () => {
    await Promise.all(SHARED_HOSTS.map(addRoute));
    assertOk(await lab.seat(['ip', 'route', 'replace', `${VIP}/32`, 'dev', 'lab0']));
    await edit(`keepalived: {vrid: ${TAKEN}}`, 'keepalived: {}');
    await startSender(...OTHER_IDS);
    expect((await konvoy('deploy', 'hosts', '--yes')).stderr).toContain('replaces-foreign-file');
    expect(await lab.onHost('cp2', 'cat', CONF)).toBe(BY_HAND.trimEnd());
    assertOk(await konvoy('deploy', 'hosts', '--yes', '--accept', 'replaces-foreign-file'));
    for (const host of CONTROL_PLANES) {
      expect(await lab.onHost(host, 'cat', CONF)).toContain(`virtual_router_id ${FREE}\n`);
    }
    await lab.onHost('worker2', 'systemctl', 'stop', 'foreign-vrrp');
    await oneHolder(lab, VIP);
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
  });

  test('is missed with the right reason: no route on one host, and a network that drops foreign addresses', async () => {
    await lab.onHost('worker1', 'ip', 'route', 'delete', `${VIP}/32`);
    await lab.onHost('worker1', 'ip', 'route', 'delete', 'default');
    const routeless = await konvoy('check', 'nodes', '--until', 'hosts');
    expect(routeless.exit).toBe(5);
    expect(routeless.stdout).toContain(`10.0.50.21 has no route to ${VIP}`);
    expect(routeless.stdout).not.toContain('spoofing');
    await addRoute('worker1');
    assertOk(await lab.seat(['nft', '-f', '-'], { input: ADDRESS_GUARD }));
    const guarded = await konvoy('check', 'nodes', '--until', 'hosts');
    expect(guarded.exit).toBe(5);
    expect(guarded.stdout).toContain('the infrastructure guards against address spoofing');
    expect(guarded.stdout).not.toContain('no route to');
    assertOk(await lab.seat(['nft', 'delete', 'table', 'bridge', 'guard']));
    assertOk(await konvoy('check', 'nodes', '--until', 'hosts'));
  });

  test('goes away when keepalived is removed from cluster.yaml, as an accepted danger only', async () => {
    await edit('keepalived: {}', '');
    expect((await konvoy('deploy', 'hosts', '--yes')).stderr).toContain('removes-vip');
    expect(await holdersOf(lab, VIP)).toHaveLength(1);
    assertOk(await konvoy('deploy', 'hosts', '--yes', '--accept', 'removes-vip', '--limit', '10.0.50.13'));
    expect((await lab.host('cp3', ['test', '-e', CONF])).exit).toBe(1);
    expect(['cp1', 'cp2']).toContain(await oneHolder(lab, VIP));
  });

  test('leaves a keepalived.conf of somebody else as it was, after reset', async () => {
    assertOk(await konvoy('reset', '--confirm', lab.name, '--yes'));
    expect(await holdersOf(lab, VIP)).toEqual([]);
    expect(await lab.onHost('cp2', 'cat', CONF)).toBe(BY_HAND.trimEnd());
    expect((await lab.host('cp1', ['test', '-e', CONF])).exit).toBe(1);
  });
});
