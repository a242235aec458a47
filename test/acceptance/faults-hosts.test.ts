import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackgroundRun, startRun } from '../support/background-run.ts';
import { expectClearFailure } from '../support/clear-failure.ts';
import { firewallFolder } from '../support/firewall-folder.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';

describeAsRoot('a host with something wrong', () => {
  let lab: Lab;
  let folder: string;
  let whole: string;
  let waiting: Promise<BackgroundRun>;
  const up = (address: string, ...args: string[]) =>
    lab.konvoy(['deploy', 'hosts', '--yes', '--limit', address, ...args], { cwd: folder });
  const shell = (host: string, script: string) => lab.onHost(host, 'sh', '-c', script);
  const inBackground = (host: string, unit: string, ...argv: string[]) =>
    lab.onHost(host, 'systemd-run', '--quiet', `--unit=${unit}`, ...argv);
  const completes = async (address: string) => {
    assertOk(await up(address));
    expect(assertOk(await up(address)).stdout).toMatch(/^Nothing to do\.$/m);
  };

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await firewallFolder(lab);
    whole = await lab.copyFolder();
    // It waits for a lock while the other tests go on, and is looked at last.
    const lock =
      'import fcntl,time; f=open("/var/lib/dpkg/lock-frontend","w"); fcntl.lockf(f,fcntl.LOCK_EX); time.sleep(300)';
    await inBackground('cp3', 'hold-dpkg', 'python3', '-c', lock);
    waiting = startRun(lab, whole, ['deploy', 'hosts', '--yes', '--limit', '10.0.50.13']);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(whole, { recursive: true, force: true });
  });

  test('a full disk: nothing half-written, and a later run completes', async () => {
    const at = '/usr/local/lib/konvoy';
    await shell('worker1', `mkdir -p ${at} && mount -t tmpfs -o size=8k full ${at}`);
    const outcome = await up('10.0.50.21');
    expectClearFailure(outcome, { exit: 1, says: /10\.0\.50\.21: .*No space left on device/, hint: /df -h/ });
    expect(outcome.stderr).toMatch(/^left:\n {2}\[10\.0\.50\.21\] create file:\/usr\/local\/lib\/konvoy\/firewall$/m);
    expect(await shell('worker1', `ls -A ${at}; umount ${at}`)).toBe('');
    await completes('10.0.50.21');
  });

  test('a read-only /etc: nothing half-written, and a later run completes', async () => {
    await shell('worker2', 'mount --bind /etc /etc && mount -o remount,ro,bind /etc');
    const outcome = await up('10.0.50.22');
    expectClearFailure(outcome, { exit: 1, says: /10\.0\.50\.22: .*Read-only file system/, hint: /read-only/ });
    await shell('worker2', 'umount --lazy /etc');
    expect(await shell('worker2', 'ls /etc/systemd/system | grep konvoy; true')).toBe('');
    await completes('10.0.50.22');
  });

  test('the xtables lock of a legacy host: waited for, then named, and a later run completes', async () => {
    await shell(
      'cp1',
      'update-alternatives --set iptables /usr/sbin/iptables-legacy && iptables -A INPUT -i lo -j ACCEPT',
    );
    await inBackground('cp1', 'hold-xtables', 'flock', '/run/xtables.lock', 'sleep', '300');
    const started = Date.now();
    const outcome = await up('10.0.50.11');
    expect(Date.now() - started).toBeGreaterThan(10_000);
    expectClearFailure(outcome, { exit: 1, says: /10\.0\.50\.11.*xtables lock/, hint: /./ });
    expect(await shell('cp1', 'iptables-legacy-save -t filter')).not.toContain('Konvoy');
    await shell('cp1', 'systemctl stop hold-xtables');
    await completes('10.0.50.11');
    expect(await shell('cp1', 'iptables-legacy-save -t filter')).toContain('Konvoy: kubelet --port');
  });

  test('a skewed clock: refused beforehand, by up and by check preflight', async () => {
    await shell(
      'cp2',
      `printf '#!/bin/sh\\nexec /bin/date -d "-1 hour" "$@"\\n' >/usr/local/bin/date; chmod +x /usr/local/bin/date`,
    );
    const wanted = { says: /the clock is 3[56]\d\d s behind/, hint: /chrony/ };
    expectClearFailure(await up('10.0.50.12'), { exit: 1, ...wanted });
    const check = await lab.konvoy(['check', 'preflight', '--until', 'hosts', '--limit', '10.0.50.12'], {
      cwd: folder,
    });
    expect(check.stdout).toMatch(wanted.says);
    expect(check.exit).toBe(5);
    expect(await shell('cp2', 'iptables -S INPUT')).not.toContain('Konvoy');
    await shell('cp2', 'rm /usr/local/bin/date');
  });

  test('a noisy login shell disturbs nothing, whichever client is used', async () => {
    const noise = 'echo "Welcome to $(hostname)!"; echo mind the gap >&2';
    await shell('cp2', `echo '${noise}' | tee /etc/profile.d/noise.sh >>/home/konvoy/.profile`);
    await shell('cp2', `{ echo '${noise}'; cat /home/konvoy/.bashrc; } >/tmp/rc; cat /tmp/rc >/home/konvoy/.bashrc`);
    await completes('10.0.50.12');
    expect(assertOk(await up('10.0.50.12', '--ssh', 'openssh')).stdout).toMatch(/^Nothing to do\.$/m);
  });

  test('a locked package manager: waited for, its holder named after Ctrl-C, and a later run completes', async () => {
    const run = await waiting;
    await run.seen("waiting for the package manager's lock: ");
    run.kill('SIGINT');
    const outcome = await run.outcome;
    expectClearFailure(outcome, {
      exit: 1,
      says: /Error: interrupted: \d+ of \d+ changes are done/,
      hint: /process \d+ holds the lock of the package manager/,
    });
    await shell('cp3', 'systemctl stop hold-dpkg');
    const later = await lab.konvoy(['deploy', 'hosts', '--yes', '--limit', '10.0.50.13'], { cwd: whole });
    expect(later.stdout).toContain('create package:keepalived');
    expect(await shell('cp3', 'systemctl is-active keepalived')).toBe('active');
  });
});
