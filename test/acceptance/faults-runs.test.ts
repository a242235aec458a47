import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRun } from '../support/background-run.ts';
import { expectClearFailure } from '../support/clear-failure.ts';
import { firewallFolder } from '../support/firewall-folder.ts';
import { konvoyCommand } from '../support/konvoy-command.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, SHARED_HOSTS, sharedLab } from '../support/lab.ts';

describeAsRoot('runs that are disturbed', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const everywhere = (script: string) => Promise.all(SHARED_HOSTS.map((host) => lab.onHost(host, 'sh', '-c', script)));
  /** Files, modes and times, but for what logging in leaves behind by itself. */
  const trees = () =>
    everywhere(
      "find / -xdev -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -path /run -prune -o -path /var/log -prune -o -path /var/lib/systemd -prune -o -path /tmp -prune -o -printf '%p %m %u %s %T@\\n' | sort",
    );
  /** Takes away what konvoy has made, as a careless hand would. */
  const undo = () =>
    everywhere(
      'iptables -F INPUT; rm -f /usr/local/lib/konvoy/firewall /etc/systemd/system/konvoy-firewall-again.service',
    );
  const remains = () =>
    everywhere(
      "find /etc /usr/local /var/lib/konvoy -name '.konvoy-*' 2>/dev/null; ls -A /run/konvoy/firewall 2>/dev/null | grep -v -e lock -e work; true",
    );
  const expectWhole = async () => {
    expect(await remains()).toEqual(SHARED_HOSTS.map(() => ''));
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
  };

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await firewallFolder(lab);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('planning and asking without an answer leave no trace on any host', async () => {
    // Debian's sudo leaves a file in the home folder of whoever uses it for the first time.
    assertOk(await konvoy('plan', '--until', 'hosts'));
    const before = await trees();
    assertOk(await konvoy('plan', '--until', 'hosts', '--output', 'json'));
    expectClearFailure(await konvoy('deploy', 'hosts'), { exit: 2, says: /wants to be confirmed/, hint: /--yes/ });
    expect(await trees()).toEqual(before);
  });

  test('a reader of the plan may go away', async () => {
    const command = [...konvoyCommand(), 'plan', '--until', 'hosts'].map((word) => `'${word}'`).join(' ');
    const script = `${command} | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = assertOk(await lab.seat(['bash', '-c', script], { cwd: folder }));
    expect(stdout).toMatch(/^10\.0\.50\.11, .*\(control-plane\)\n0$/);
    expect(stderr).not.toMatch(/EPIPE|Error/);
  });

  test('a saved plan is refused once a host has changed, and done as it was shown otherwise', async () => {
    assertOk(await konvoy('plan', '--until', 'hosts', '--out', 'kept.plan'));
    await lab.onHost('worker1', 'iptables', '-A', 'INPUT', '-s', '203.0.113.9', '-j', 'DROP');
    const stale = await konvoy('up', 'kept.plan');
    expectClearFailure(stale, { exit: 1, says: /kept\.plan is stale/, hint: /konvoy plan --out kept\.plan/ });
    expect(await lab.onHost('cp1', 'iptables', '-S', 'INPUT')).not.toContain('Konvoy');
    const shown = JSON.parse(
      assertOk(await konvoy('plan', '--until', 'hosts', '--out', 'kept.plan', '--output', 'json')).stdout,
    );
    assertOk(await konvoy('up', 'kept.plan'));
    const journal = await lab.onHost('cp1', 'journalctl', '-t', 'konvoy', '-o', 'cat', '--no-pager');
    const ofCp1 = shown.changes.filter(({ host }: { host: string }) => host === '10.0.50.11');
    const wanted = ofCp1.map(({ verb, address }: { verb: string; address: string }) =>
      expect.stringMatching(
        `^\\S+@\\S+, process \\d+, since \\S+, plan ${shown.digest.slice(0, 12)}: ${verb} ${address}$`,
      ),
    );
    expect(journal.trim().split('\n')).toEqual(wanted);
    await expectWhole();
  });

  test('a second run is refused, names the first and does not disturb it', async () => {
    await undo();
    const first = await startRun(lab, folder, ['deploy', 'hosts', '--yes']);
    await first.seen('change-started');
    first.kill('SIGSTOP');
    const second = await konvoy('deploy', 'hosts', '--yes').finally(() => first.kill('SIGCONT'));
    const says = new RegExp(`another konvoy run is writing to this host: \\S+@\\S+, process ${first.pid}, since`);
    expectClearFailure(second, { exit: 1, says, hint: /goes away with that run/ });
    assertOk(await first.outcome);
    await expectWhole();
  });

  test('a killed run leaves no lock, and the next one completes', async () => {
    await undo();
    const killed = await startRun(lab, folder, ['deploy', 'hosts', '--yes', '--revert-after', '5']);
    await killed.seen('change-done', 3);
    killed.kill('SIGKILL');
    await killed.outcome;
    const killedAt = Date.now();
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    // No timer of the killed run takes anything away afterwards.
    await sleep(Math.max(0, killedAt + 6_500 - Date.now()));
    await expectWhole();
  });

  describe('Ctrl-C', () => {
    test.each([
      ['while hosts are read', 'observing', 1],
      ['while it checks hosts beforehand', 'stage-started', 1],
      ['at the first write', 'change-started', 1],
      ['in the middle of the writes', 'change-done', 7],
    ])('%s says what is done and what is left, and breaks nothing', async (_moment, event, times) => {
      await undo();
      const run = await startRun(lab, folder, ['deploy', 'hosts', '--yes', '--max-parallel', '2']);
      await run.seen(`"is":"${event}"`, times);
      run.kill('SIGINT');
      const { exit, stderr, stdout } = await run.outcome;
      expect(exit).toBe(1);
      expect(stderr).toContain('stopping after the write in hand');
      expect(stderr).toMatch(/^Error: interrupted: (nothing was changed|\d+ of \d+ changes are done)$/m);
      const left = /^left:\n((?: {2}\[.*\n)+)/m.exec(stderr)?.[1]?.trim().split('\n').length ?? 0;
      const counts = /interrupted: (\d+) of (\d+)/.exec(stderr);
      if (counts !== null) expect(left).toBe(Number(counts[2]) - Number(counts[1]));
      expect(stdout + stderr).not.toMatch(/^ +at /m);
      expect(await remains()).toEqual(SHARED_HOSTS.map(() => ''));
    });

    test('leaves what a later run completes', async () => {
      assertOk(await konvoy('deploy', 'hosts', '--yes'));
      await expectWhole();
    });
  });

  test('a host that dies in the middle is named, the others are done, and a later run completes', async () => {
    await undo();
    const run = await startRun(lab, folder, ['deploy', 'hosts', '--yes']);
    await lab.acrossBoot('worker2', async () => {
      await run.seen('"address":"10.0.50.22 file:/usr/local/lib/konvoy/firewall"}');
      assertOk(await lab.lab('kill', 'worker2'));
    });
    const outcome = await run.outcome;
    expectClearFailure(outcome, { exit: 1, says: /\[10\.0\.50\.22\]/, hint: /./ });
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    await expectWhole();
  });

  test('only what --limit names is touched, and JSON is one document', async () => {
    await undo();
    const { stdout } = assertOk(
      await konvoy('deploy', 'hosts', '--yes', '--limit', 'worker', '--output', 'json', '--max-parallel', '50%'),
    );
    const { ok, done } = JSON.parse(stdout);
    expect({ ok, hosts: [...new Set(done.map(({ host }: { host: string }) => host))].sort() }).toEqual({
      ok: true,
      hosts: ['10.0.50.21', '10.0.50.22', '10.0.50.23'],
    });
    const plan = await konvoy('plan', '--until', 'hosts', '--limit', '10.0.50.21', '--exit-code');
    expect(plan).toMatchObject({ exit: 0 });
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code', '--no-color')).exit).toBe(4);
  });
});
