import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firewallFolder } from '../support/firewall-folder.ts';
import { hostState, hostWrites, inputChain, isOurs, ofEach } from '../support/host-state.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';

const UFW = 'cp1';
const FIREWALLD = 'cp2';
const PERSISTENT = 'cp3';
const LEGACY = 'worker1';
const FOREIGN = 'worker2';
const HOSTS = [UFW, FIREWALLD, PERSISTENT, LEGACY, FOREIGN];
const ADDRESS: Readonly<Record<string, string>> = {
  cp1: '10.0.50.11',
  cp2: '10.0.50.12',
  cp3: '10.0.50.13',
  worker1: '10.0.50.21',
};
const PORT = 30080;

/** What the owner of the persistent host keeps in a file; ours belong between SSH and the REJECT. */
const SAVED = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT
`;

describeAsRoot('hosts that have a firewall of their own', () => {
  let lab: Lab;
  let folder: string;
  let before: Record<string, string>;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const sh = (host: string, script: string) => lab.onHost(host, 'sh', '-c', script);
  const states = () => ofEach(HOSTS, (host) => hostState(lab, host));
  const connects = async (host: string) =>
    (await lab.seat(['bash', '-c', `timeout 1 bash -c '</dev/tcp/${ADDRESS[host]}/${PORT}'`])).exit === 0;

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await firewallFolder(lab);
    await Promise.all([
      lab.installPackages(UFW, 'ufw').then(() => sh(UFW, 'ufw allow 22/tcp && ufw --force enable')),
      // It is there before its rules are, and on the way to them it drops whatever comes.
      lab
        .installPackages(FIREWALLD, 'firewalld')
        .then(() => sh(FIREWALLD, 'until firewall-cmd --quiet --state; do sleep 0.2; done')),
      lab
        .installPackages(PERSISTENT, 'iptables-persistent')
        .then(() => lab.host(PERSISTENT, ['sh', '-c', 'cat >/etc/iptables/rules.v4'], { input: SAVED }))
        .then(() => sh(PERSISTENT, 'systemctl restart netfilter-persistent')),
      sh(
        LEGACY,
        `iptables-legacy-restore <<'EOF'\n*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\nEOF`,
      ),
      sh(
        FOREIGN,
        `nft -f - <<'EOF'\ntable inet site { chain guard { type filter hook input priority 10; policy drop;
ct state established,related accept; iif lo accept; tcp dport 22 accept; }; }\nEOF`,
      ),
    ]);
    await Promise.all(
      Object.keys(ADDRESS).map((host) => sh(host, `systemd-run --quiet --unit=listen python3 -m http.server ${PORT}`)),
    );
    before = await states();
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('let nobody through to a service before', async () => {
    expect(await ofEach(Object.keys(ADDRESS), connects)).toEqual({
      cp1: false,
      cp2: false,
      cp3: false,
      worker1: false,
    });
  });

  test('with an nft chain that can drop what we accept, is refused with the reason, and nothing is written anywhere', async () => {
    const refused = await konvoy('deploy', 'hosts', '--yes', '--accept', 'disables-foreign-firewall');
    expect(refused.exit).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(/10\.0\.50\.22.*`inet site guard`.*its policy is drop/);
    expect(refused.stdout + refused.stderr).toContain('take that chain out');
    expect(await states()).toEqual(before);
    await sh(FOREIGN, 'nft delete table inet site');
  });

  test('with ufw or firewalld, are a danger that has to be accepted, and until then nothing is written anywhere', async () => {
    const refused = await konvoy('deploy', 'hosts', '--yes');
    expect(refused.exit).toBe(1);
    const said = refused.stdout + refused.stderr;
    expect(said).toContain('--accept disables-foreign-firewall');
    expect(said).toMatch(/10\.0\.50\.11: ufw would be stopped/);
    expect(said).toMatch(/10\.0\.50\.12: firewalld would be stopped/);
    before = { ...before, [FOREIGN]: await hostState(lab, FOREIGN) };
    expect(await states()).toEqual(before);
  });

  test('obey once it is accepted: the other firewalls stop, and TCP passes where it did not', async () => {
    assertOk(await konvoy('deploy', 'hosts', '--yes', '--accept', 'disables-foreign-firewall'));
    expect((await sh(UFW, 'ufw status')).trim()).toBe('Status: inactive');
    expect((await lab.host(FIREWALLD, ['systemctl', 'is-active', 'firewalld'])).stdout).toBe('inactive');
    expect((await lab.host(FIREWALLD, ['systemctl', 'is-enabled', 'firewalld'])).stdout).toBe('disabled');
    expect(await ofEach(Object.keys(ADDRESS), connects)).toEqual({ cp1: true, cp2: true, cp3: true, worker1: true });
  });

  test('with legacy rules get ours beside them too, behind the owner’s', async () => {
    const legacy = await inputChain(lab, LEGACY, 'iptables-legacy');
    expect(legacy.slice(0, 4).filter(isOurs)).toEqual([]);
    expect(legacy[0]).toBe('-P INPUT DROP');
    expect(legacy.slice(4).every(isOurs)).toBe(true);
    expect(legacy.slice(4)).toEqual((await inputChain(lab, LEGACY)).filter(isOurs));
    for (const host of [UFW, FIREWALLD, PERSISTENT, FOREIGN]) {
      expect(await sh(host, 'cat /proc/net/ip_tables_names 2>/dev/null || true')).toBe('');
    }
  });

  test('have nothing to do the second time, and nothing at all is written', async () => {
    const writes = () => ofEach(HOSTS, (host) => hostWrites(lab, host));
    const settled = await writes();
    const again = assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect(again.stdout).toMatch(/nothing to do/i);
    expect(await writes()).toEqual(settled);
  });

  test('keep our rules, once each and in place, when netfilter-persistent restores its own', async () => {
    const settled = await inputChain(lab, PERSISTENT);
    expect(settled.at(-1)).toContain('-j REJECT');
    for (const verb of ['restart', 'reload-or-restart', 'start']) {
      await lab.onHost(PERSISTENT, 'systemctl', verb, 'netfilter-persistent');
      expect(await inputChain(lab, PERSISTENT)).toEqual(settled);
    }
    await sh(PERSISTENT, 'systemctl stop netfilter-persistent; systemctl start netfilter-persistent');
    expect(await inputChain(lab, PERSISTENT)).toEqual(settled);
  });

  test('are as they were before, after reset: ruleset, units, files and packages', async () => {
    const accepted = ['--accept', 'closes-cluster-ports', '--accept', 'locks-out-ssh'];
    assertOk(await konvoy('reset', '--confirm', lab.name, '--yes', ...accepted));
    expect(await states()).toEqual(before);
    expect(await sh(UFW, 'ufw status')).toContain('Status: active');
    expect((await lab.host(FIREWALLD, ['firewall-cmd', '--state'])).exit).toBe(0);
    expect(await ofEach(Object.keys(ADDRESS), connects)).toEqual({
      cp1: false,
      cp2: false,
      cp3: false,
      worker1: false,
    });
  });
});
