import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostState, hostWrites, ofEach } from '../support/host-state.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, SHARED_HOSTS, sharedLab } from '../support/lab.ts';

/** The seed page's own lines for a role, as `iptables -S` prints them. */
function seedRules(role: 'control-plane' | 'worker'): string[] {
  const text = readFileSync(join(import.meta.dirname, `../seed/iptables-${role}.txt`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/^iptables /, '').trim());
}

const isSeedRule = (line: string) => line.includes('"Konvoy: ') && !line.includes('(derived)');

describeAsRoot('the node firewall', () => {
  let lab: Lab;
  let folder: string;
  let before: Record<string, string>;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  /** Of hosts that do not reboot here: a reboot takes the owner's own rules away too. */
  const states = () => ofEach(['cp1', 'cp2', 'worker2'], (host) => hostState(lab, host));
  const input = async (host: string) => (await lab.onHost(host, 'iptables', '-S', 'INPUT')).trim().split('\n');
  const listen = (host: string, port: number) =>
    lab.onHost(host, 'systemd-run', '--quiet', `--unit=listen-${port}`, 'python3', '-m', 'http.server', String(port));
  const connects = async (address: string, port: number) =>
    (await lab.seat(['bash', '-c', `timeout 1 bash -c '</dev/tcp/${address}/${port}'`])).exit === 0;

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await lab.copyFolder();
    for (const host of SHARED_HOSTS) {
      await lab.onHost(host, 'iptables', '-A', 'INPUT', '-i', 'lo', '-j', 'ACCEPT');
      await lab.onHost(host, 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT');
    }
    for (const host of ['cp1', 'worker1']) {
      await lab.onHost(host, 'iptables', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'ESTABLISHED', '-j', 'ACCEPT');
      await lab.onHost(host, 'iptables', '-P', 'INPUT', 'DROP');
    }
    await lab.onHost(
      'worker2',
      'iptables',
      '-A',
      'INPUT',
      '-m',
      'conntrack',
      '--ctstate',
      'ESTABLISHED',
      '-j',
      'ACCEPT',
    );
    await lab.onHost('worker2', 'iptables', '-A', 'INPUT', '-j', 'REJECT', '--reject-with', 'icmp-host-prohibited');
    await listen('worker1', 30080);
    await listen('worker2', 30080);
    before = await states();
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('lets nobody through to a service before', async () => {
    expect(await connects('10.0.50.21', 30080)).toBe(false);
    expect(await connects('10.0.50.22', 30080)).toBe(false);
  });

  test('is planned with real differences, and planning writes nothing', async () => {
    const before = await input('cp1');
    const plan = await konvoy('plan', '--until', 'hosts', '--exit-code');
    expect(plan.stdout).toContain('Konvoy: kube-apiserver --secure-port');
    expect(plan.exit).toBe(4);
    expect(await input('cp1')).toEqual(before);
  });

  test('puts exactly the rules of the seed page on both roles, byte for byte and in order', async () => {
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect((await input('cp1')).filter(isSeedRule)).toEqual(seedRules('control-plane'));
    expect((await input('cp2')).filter(isSeedRule)).toEqual(seedRules('control-plane'));
    expect((await input('worker1')).filter(isSeedRule)).toEqual(seedRules('worker'));
  });

  test('lets traffic pass where the policy is DROP and where the chain ends with REJECT', async () => {
    expect(await connects('10.0.50.21', 30080)).toBe(true);
    expect(await connects('10.0.50.22', 30080)).toBe(true);
    expect((await input('worker2')).at(-1)).toBe('-A INPUT -j REJECT --reject-with icmp-host-prohibited');
    expect((await input('worker1'))[0]).toBe('-P INPUT DROP');
  });

  test('has nothing to do the second time, and nothing at all is written', async () => {
    const writes = () => ofEach(SHARED_HOSTS, (host) => hostWrites(lab, host));
    const settled = await writes();
    const again = await konvoy('up', '--until', 'hosts', '--yes');
    expect(again.stdout).toMatch(/nothing to do/i);
    expect(again.exit).toBe(0);
    expect(await writes()).toEqual(settled);
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
  });

  test('sees a rule that was deleted by hand, and puts it back in its place', async () => {
    const before = await input('worker1');
    const kubelet = [
      '-p',
      'tcp',
      '-m',
      'tcp',
      '--dport',
      '10250',
      '-m',
      'comment',
      '--comment',
      'Konvoy: kubelet --port',
    ];
    await lab.onHost('worker1', 'iptables', '-D', 'INPUT', ...kubelet, '-j', 'ACCEPT');
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(4);
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect((await input('worker1')).filter((line) => line.includes('Konvoy: '))).toEqual(
      before.filter((line) => line.includes('Konvoy: ')),
    );
  });

  test('comes back by itself after a reboot, once each', async () => {
    const before = (await input('worker1')).filter((line) => line.includes('Konvoy: '));
    await lab.acrossBoot('worker1', () => lab.host('worker1', ['reboot']));
    await lab.onHost('worker1', 'systemctl', 'is-system-running', '--wait').catch(() => undefined);
    expect((await input('worker1')).filter((line) => line.includes('Konvoy: '))).toEqual(before);
  });

  test('goes away with reset, and rules, units, files and packages are as before', async () => {
    const accepted = ['--accept', 'closes-cluster-ports', '--accept', 'locks-out-ssh'];
    assertOk(await konvoy('reset', '--confirm', clusterName(), '--yes', ...accepted));
    for (const host of ['cp1', 'cp2', 'worker1', 'worker2']) {
      expect((await input(host)).filter((line) => line.includes('Konvoy: '))).toEqual([]);
    }
    expect((await input('worker2')).at(-1)).toBe('-A INPUT -j REJECT --reject-with icmp-host-prohibited');
    expect((await input('cp1'))[0]).toBe('-P INPUT DROP');
    expect(await states()).toEqual(before);
  });

  function clusterName(): string {
    return /^ {2}name: (\S+)/m.exec(readFileSync(join(folder, 'cluster.yaml'), 'utf8'))?.[1] ?? 'konvoy';
  }
});
