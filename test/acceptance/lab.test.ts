import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UNIFIED_HIERARCHY } from '../../src/lab/control-groups.ts';
import { labPaths } from '../../src/lab/lab-paths.ts';
import { readSupervisorRecord } from '../../src/lab/lab-record.ts';
import { identifyProcess, isAlive, signalProcess } from '../../src/lab/process-identity.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, runCommand, startLab } from '../support/lab.ts';

// A lab of its own, beside the one that the other suites share: this suite kills it and takes it down.
const NAME = 'lab-suite';

describeAsRoot('a lab', () => {
  let lab: Lab;
  let parent: string;

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'konvoy-lab-suite-'));
    lab = await startLab(NAME, join(parent, 'lab'), ['--control-planes', '1', '--workers', '1']);
  });

  afterAll(async () => {
    await lab.down();
    await rm(parent, { recursive: true });
  });

  const ssh = (address: string, ...command: string[]) =>
    lab.seat([
      'ssh',
      '-i',
      'ssh-key',
      '-o',
      'BatchMode=yes',
      '-o',
      'UserKnownHostsFile=known_hosts',
      `konvoy@${address}`,
      ...command,
    ]);

  test('lets its user in with the key and the host keys of the working folder', async () => {
    expect((await stat(join(lab.folder, 'ssh-key'))).mode & 0o777).toBe(0o600);
    expect(assertOk(await ssh('10.0.50.11', 'hostname && sudo -n id -u')).stdout).toBe('cp1\n0');
    expect(assertOk(await ssh('10.0.50.21', 'hostname && sudo -n id -u')).stdout).toBe('worker1\n0');
  });

  test('gives each host a machine-id of its own', async () => {
    const ids = [
      await lab.onHost('cp1', 'cat', '/etc/machine-id'),
      await lab.onHost('worker1', 'cat', '/etc/machine-id'),
    ];
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('passes on the exit code of a command, on a host and in the seat', async () => {
    expect((await lab.host('cp1', ['sh', '-c', 'exit 7'])).exit).toBe(7);
    expect((await lab.seat(['sh', '-c', 'exit 9'])).exit).toBe(9);
  });

  // Never by trying: where it does not hold, that would set the clock of the whole machine.
  test('nothing on a host may set the clock or load modules, however it came there', async () => {
    const rights = (status: string, set: string) =>
      BigInt(`0x${new RegExp(`^${set}:\\t(\\w+)$`, 'm').exec(status)?.[1] ?? ''}`);
    // linux/capability.h: CAP_NET_ADMIN 12, CAP_SYS_MODULE 16, CAP_SYS_TIME 25.
    const held = (set: bigint) => [12n, 16n, 25n].map((bit) => ((set >> bit) & 1n) === 1n);
    const statuses = [
      await lab.onHost('cp1', 'cat', '/proc/1/status'),
      await lab.onHost('cp1', 'cat', '/proc/self/status'),
      assertOk(await ssh('10.0.50.11', 'sudo cat /proc/self/status')).stdout,
    ];
    for (const status of statuses) {
      expect(held(rights(status, 'CapBnd'))).toEqual([true, false, false]);
      expect(held(rights(status, 'CapEff'))).toEqual([true, false, false]);
    }
  });

  test('leads nowhere: neither the seat nor a host has a way out', async () => {
    const routes = assertOk(await lab.seat(['ip', 'route'])).stdout.split('\n');
    expect(routes).toHaveLength(1);
    expect(routes[0]).toMatch(/^10\.0\.50\.0\/24 /);
    const links = assertOk(await lab.seat(['ip', '-o', 'link', 'show', 'type', 'veth'])).stdout.split('\n');
    expect(links).toHaveLength(2);
    // 203.0.113.0/24 is for documentation: nobody would answer even if a packet got out.
    expect((await lab.host('cp1', ['ping', '-c1', '-W1', '203.0.113.1'])).exit).not.toBe(0);
    expect(assertOk(await lab.seat(['sysctl', '-n', 'net.ipv4.ip_forward'])).stdout).toBe('0');
  });

  test('has hosts that are fit for pods at every boot', async () => {
    const expectFit = async () => {
      await lab.host('worker1', ['systemctl', 'is-system-running', '--wait']);
      expect(await lab.onHost('worker1', 'systemctl', 'is-active', 'lab-pods')).toBe('active');
      const groups = await lab.onHost('worker1', 'findmnt', '-rno', 'OPTIONS,PROPAGATION', '-t', 'cgroup,cgroup2');
      for (const group of groups.split('\n')) expect(group).toMatch(/^rw,.* shared$/);
      expect(await lab.onHost('worker1', 'findmnt', '-no', 'PROPAGATION', '/')).toBe('shared');
      expect(await lab.onHost('worker1', 'ip', 'route', 'show', 'default')).toContain('via 10.0.50.1');
    };
    await expectFit();
    await lab.acrossBoot('worker1', () => lab.lab('kill', 'worker1'));
    await expectFit();
    // The seat is their name server, and has none: names of others are refused at once, however many are asked for.
    const lookups = 'for i in 1 2 3 4 5 6 7 8 9 10; do getent ahosts name$i.example.com; done; true';
    const began = performance.now();
    expect(await lab.onHost('worker1', 'sh', '-c', lookups)).toBe('');
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('a container that does not mind SIGTERM holds up its host’s end for a second only', async () => {
    const group = `/sys/fs/cgroup${UNIFIED_HIERARCHY ? '' : '/pids'}/kubepods/pod`;
    const stubborn = `trap '' TERM; mkdir -p ${group} && echo 0 >${group}/cgroup.procs && while :; do sleep 1; done`;
    await lab.onHost('worker1', 'systemd-run', '--quiet', '--property=KillMode=none', 'sh', '-c', stubborn);
    await sleep(200);
    const began = performance.now();
    assertOk(await lab.lab('stop', 'worker1'));
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(1000);
    expect(took).toBeLessThan(6000);
    assertOk(await lab.lab('start', 'worker1'));
  });

  test('refuses a second lab of the same name and leaves the first alone', async () => {
    const again = await lab.lab('up', '--dir', join(parent, 'other'));
    expect(again.exit).toBe(1);
    expect(again.stderr).toContain('already up');
    expect((await lab.status()).state).toBe('up');
  });

  test('a reboot ends in a new network namespace, without the rules and addresses of the old one', async () => {
    const before = await lab.hostStatus('worker1');
    await lab.onHost('worker1', 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '7777', '-j', 'DROP');
    await lab.onHost('worker1', 'ip', 'address', 'add', '10.0.50.99/32', 'dev', 'eth0');
    await lab.onHost('worker1', 'touch', '/root/on-disk');
    const after = await lab.acrossBoot('worker1', () => lab.host('worker1', ['reboot']));
    expect(after.namespace).not.toBe(before.namespace);
    expect(existsSync(`/run/netns/${before.namespace}`)).toBe(false);
    expect(await lab.onHost('worker1', 'iptables', '-S', 'INPUT')).toBe('-P INPUT ACCEPT');
    expect(await lab.onHost('worker1', 'ip', '-4', 'address')).not.toContain('10.0.50.99');
    await lab.onHost('worker1', 'ls', '/root/on-disk');
    assertOk(await ssh('10.0.50.21', 'true'));
  });

  test('a killed or powered-off host comes back by itself, a stopped one when it is started', async () => {
    await lab.acrossBoot('worker1', () => lab.lab('kill', 'worker1'));
    await lab.acrossBoot('worker1', () => lab.host('worker1', ['poweroff']));
    assertOk(await lab.lab('stop', 'worker1'));
    expect(await lab.hostStatus('worker1')).toMatchObject({ state: 'stopped' });
    expect((await lab.host('worker1', ['true'])).stderr).toContain('worker1 is stopped');
    assertOk(await lab.lab('start', 'worker1'));
    assertOk(await ssh('10.0.50.21', 'true'));
  });

  test('a cut cable stays cut over a reboot until it is mended', async () => {
    const ping = () => lab.seat(['ping', '-c1', '-W1', '10.0.50.21']);
    assertOk(await lab.lab('cut', 'worker1'));
    expect((await ping()).exit).toBe(1);
    await lab.acrossBoot('worker1', () => lab.lab('kill', 'worker1'));
    expect((await ping()).exit).toBe(1);
    assertOk(await lab.lab('heal', 'worker1'));
    assertOk(await ping());
  });

  test('a snapshot puts back files, and the hosts boot from it', async () => {
    await lab.onHost('cp1', 'sh', '-c', 'echo one >/root/file');
    assertOk(await lab.lab('snapshot', 'save', 'one'));
    await lab.onHost('cp1', 'sh', '-c', 'echo two >/root/file');
    await lab.acrossBoot('cp1', async () => assertOk(await lab.lab('snapshot', 'restore', 'one')));
    expect(await lab.onHost('cp1', 'cat', '/root/file')).toBe('one');
    expect(assertOk(await lab.lab('snapshot', 'list')).stdout.split('\n')).toEqual([FRESH, 'one']);
    assertOk(await lab.lab('snapshot', 'delete', 'one'));
    expect((await lab.lab('snapshot', 'restore', 'one')).stderr).toContain('no snapshot "one"');
  });

  test('hosts get packages from the bundle only', async () => {
    expect((await lab.host('cp1', ['sh', '-c', 'command -v keepalived'])).exit).not.toBe(0);
    expect((await lab.host('cp1', ['apt-get', 'install', '-y', 'keepalived'])).stderr).toContain(
      'Unable to locate package',
    );
    await lab.installPackages('cp1', 'keepalived');
    expect((await lab.host('cp1', ['keepalived', '--version'])).stderr).toContain('Keepalived v2');
    const bundle = assertOk(await lab.seat(['printenv', 'KONVOY_BUNDLE'])).stdout;
    const index: unknown = JSON.parse(await readFile(join(bundle, 'bundle.json'), 'utf8'));
    expect(index).toMatchObject({
      version: 2,
      parts: expect.arrayContaining([expect.objectContaining({ name: 'keepalived' })]),
    });
  });

  test('is broken when its supervisor is killed, and `lab up` makes it anew without the old hosts', async () => {
    const supervisor = await readSupervisorRecord(labPaths(NAME));
    if (supervisor === undefined) throw new Error('no supervisor');
    const before = (await lab.status()).hosts.map((host) => identifyProcess(host.pid ?? 0));
    signalProcess(supervisor, 'SIGKILL');
    await expect.poll(() => isAlive(supervisor), { timeout: 5000 }).toBe(false);
    expect((await lab.status()).state).toBe('broken');
    expect((await lab.host('cp1', ['true'])).stderr).toContain('broken');
    assertOk(await lab.lab('up', '--dir', lab.folder, '--control-planes', '1', '--workers', '1'));
    for (const init of before) expect(init !== undefined && isAlive(init)).toBe(false);
    assertOk(await ssh('10.0.50.11', 'true'));
  });

  test('`lab down` leaves nothing and puts back what a host changed on the machine', async () => {
    const alone = (await readdir('/run/konvoy-lab/labs')).length === 1;
    const setting = () => readFileSync('/proc/sys/vm/dirty_expire_centisecs', 'utf8');
    const before = setting();
    await lab.onHost('cp1', 'sh', '-c', 'echo 2999 >/proc/sys/vm/dirty_expire_centisecs');
    expect(setting()).not.toBe(before);
    const image = join(process.env.KONVOY_CACHE ?? join(process.env.HOME ?? '/root', '.cache/konvoy'), 'lab/disk.img');
    assertOk(await lab.down());
    expect((await lab.status()).state).toBe('absent');
    expect((await runCommand(['ip', 'netns', 'list'])).stdout).not.toContain(`konvoy-lab.${NAME}`);
    expect((await runCommand(['find', '/sys/fs/cgroup', '-path', `*/konvoy-lab/${NAME}*`])).stdout).toBe('');
    expect(existsSync(labPaths(NAME).run)).toBe(false);
    expect(existsSync(join(lab.folder, 'cluster.yaml'))).toBe(true);
    // What labs share goes with the last of them.
    expect((await runCommand(['losetup', '--associated', image])).stdout === '').toBe(alone);
    expect(existsSync('/run/konvoy-lab')).toBe(!alone);
    if (alone) expect(setting()).toBe(before);
    else await runCommand(['sysctl', '-qw', `vm.dirty_expire_centisecs=${before.trim()}`]);
  });
});
