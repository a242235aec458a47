import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { editCluster, firewallFolder } from '../support/firewall-folder.ts';
import { hangSshd, racesOf, wakeSshd, whenArmed } from '../support/guarded-change.ts';
import { eventually, hostState, inputChain, isOurs, ofEach } from '../support/host-state.ts';
import { startRun } from '../support/background-run.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, SHARED_HOSTS, sharedLab } from '../support/lab.ts';

const SECONDS = 8;
/** The timer's own accuracy is 1 s; the rest is the machine's load. */
const LIMIT_MS = (SECONDS + 4) * 1000;
const GUARD = ['--yes', '--revert-after', String(SECONDS)];

/** As kube-proxy and Felix write: jumps in front of everything, in chains of their own. */
const CLUSTER_CHAINS = `iptables-restore --noflush <<'EOF'
*filter
:KUBE-SERVICES - [0:0]
:cali-INPUT - [0:0]
-A KUBE-SERVICES -d 10.0.51.7/32 -p tcp -m comment --comment "default/web has no endpoints" -m tcp --dport 80 -j REJECT
-A cali-INPUT -m comment --comment "cali:msRIDfJRWnYwzW4g" -m mark --mark 0x10000/0x10000 -j ACCEPT
-I INPUT 1 -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-I INPUT 1 -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT
COMMIT
EOF`;

describeAsRoot('a firewall change that would lock its user out', () => {
  let lab: Lab;
  let folder: string;
  let before: Record<string, string>;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const sh = (host: string, script: string) => lab.onHost(host, 'sh', '-c', script);
  const states = (hosts: readonly string[] = SHARED_HOSTS) => ofEach(hosts, (host) => hostState(lab, host));
  const ours = async (host: string) => (await inputChain(lab, host)).filter(isOurs);
  const isArmed = async (host: string) =>
    (await lab.host(host, ['sh', '-c', 'ls /run/konvoy/firewall/*/armed'])).exit === 0;

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await firewallFolder(lab);
    await ofEach(SHARED_HOSTS, (host) => sh(host, 'iptables -A INPUT -i lo -j ACCEPT'));
    before = await states();
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('is taken back at once when the new connection gets no answer, and what the cluster wrote meanwhile survives', async () => {
    await hangSshd(lab, 'cp1');
    await whenArmed(lab, 'cp1', CLUSTER_CHAINS);
    const refused = await konvoy('deploy', 'hosts', ...GUARD);
    await wakeSshd(lab, 'cp1');
    expect(refused.exit).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(
      /10\.0\.50\.11: no new SSH connection came through \(no answer in 5 s\); the rules were taken back/,
    );
    const chains = await sh('cp1', 'iptables -S; ls /run/konvoy/firewall');
    expect(chains.split('\n').filter((line) => line.startsWith('-A'))).toEqual([
      '-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT',
      '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-A INPUT -i lo -j ACCEPT',
      expect.stringContaining('-A KUBE-SERVICES -d 10.0.51.7/32'),
      expect.stringContaining('-A cali-INPUT'),
    ]);
    expect(chains).toMatch(/\nlock\nwork$/);
    await sh('cp1', 'iptables -D INPUT 1; iptables -D INPUT 1; iptables -F KUBE-SERVICES; iptables -F cali-INPUT');
    await sh('cp1', 'iptables -X KUBE-SERVICES; iptables -X cali-INPUT');
  });

  test('leaves that host as it was and every host behind the canaries untouched; the other canary is finished', async () => {
    const untouched = SHARED_HOSTS.filter((host) => host !== 'worker1');
    const { worker1: _finished, ...same } = before;
    expect(await states(untouched)).toEqual(same);
    expect((await ours('worker1')).length).toBeGreaterThan(12);
    expect(await sh('worker1', 'systemctl is-active konvoy-firewall; systemctl is-enabled konvoy-firewall')).toBe(
      'active\nenabled',
    );
  });

  test('is taken back by the host itself when konvoy is killed before it could confirm', async () => {
    await hangSshd(lab, 'cp1');
    const run = await startRun(lab, folder, ['deploy', 'hosts', ...GUARD]);
    await eventually('the timer is armed', 60_000, () => isArmed('cp1'));
    run.kill('SIGKILL');
    await run.outcome;
    expect((await ours('cp1')).length).toBeGreaterThan(17);
    const took = await eventually('the host took it back', LIMIT_MS, async () => (await ours('cp1')).length === 0);
    console.log(`a killed run with a timer of ${SECONDS} s: taken back ${took} ms after the kill`);
    await wakeSshd(lab, 'cp1');
    expect(await states(['cp1'])).toEqual({ cp1: before.cp1 });
  });

  test('does not outlive a reboot of the host while the timer runs', async () => {
    let refused: Awaited<ReturnType<typeof konvoy>> | undefined;
    await lab.acrossBoot('cp1', async () => {
      await hangSshd(lab, 'cp1');
      await whenArmed(lab, 'cp1', 'reboot -ff');
      refused = await konvoy('deploy', 'hosts', ...GUARD);
    });
    expect(refused?.exit).toBe(1);
    expect(refused?.stderr).toMatch(/10\.0\.50\.11: /);
    await lab.host('cp1', ['systemctl', 'is-system-running', '--wait']);
    await sh('cp1', 'iptables -A INPUT -i lo -j ACCEPT');
    expect(await states(['cp1'])).toEqual({ cp1: before.cp1 });
  });

  test('is taken back by the timer when our own rule set is wrong and even the old connection dies', async () => {
    assertOk(await konvoy('deploy', 'hosts', ...GUARD));
    // Now nothing but our own derived rules lets SSH in, and established connections with it.
    await sh('cp1', 'iptables -P INPUT DROP');
    const [settled, settledWorker] = [await inputChain(lab, 'cp1'), await ours('worker1')];
    const untouched = ['cp2', 'cp3', 'worker2', 'worker3'];
    const others = await states(untouched);
    editCluster(folder, (text) => text.replace('addDefaultRules: true', '$&\n        addDerivedRules: false'));

    const danger = await konvoy('deploy', 'hosts', ...GUARD);
    expect(danger.exit).toBe(1);
    expect(danger.stdout + danger.stderr).toMatch(/--accept locks-out-ssh/);

    const refused = await konvoy('deploy', 'hosts', ...GUARD, '--accept', 'locks-out-ssh');
    expect(refused.exit).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(/10\.0\.50\.11: no new SSH connection came through/);
    await eventually('the host took it back', LIMIT_MS, async () => !(await isArmed('cp1')));
    expect(await inputChain(lab, 'cp1')).toEqual(settled);
    expect(await states(untouched)).toEqual(others);
    expect((await ours('worker1')).length).toBeLessThan(settledWorker.length);
    expect(await sh('worker1', 'grep -c derived /usr/local/lib/konvoy/firewall || true')).toBe('0');

    editCluster(folder, (text) => text.replace('addDerivedRules: false', 'addDerivedRules: true'));
    assertOk(await konvoy('deploy', 'hosts', ...GUARD));
    expect(await ours('worker1')).toEqual(settledWorker);
  });

  test('is wholly kept or wholly taken back when confirmation and timer come at the same instant', async () => {
    const races = await racesOf(lab, 'cp2', 16);
    for (const { confirm, revert, rules, wanted } of races) {
      expect([confirm, revert]).toEqual(confirm === 0 ? [0, 5] : [5, 0]);
      expect(rules).toBe(confirm === 0 ? wanted : 0);
    }
    expect(races).toHaveLength(16);
  });
});
