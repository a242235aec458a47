import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { editCluster, firewallFolder } from '../support/firewall-folder.ts';
import { eventually, hostState, inputChain, isOurs, ofEach } from '../support/host-state.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, SHARED_HOSTS, sharedLab } from '../support/lab.ts';

const LOOPBACK = '-A INPUT -i lo -j ACCEPT';
/** The owner of cp1 does not want this worker at these metrics. */
const SHADOW = '-A INPUT -s 10.0.50.22/32 -p tcp -m tcp --dport 9091 -j DROP';
const BETWEEN = '-A INPUT -p tcp -m tcp --dport 7777 -j ACCEPT';
const BEHIND = '-A INPUT -p udp -m udp --dport 7778 -j ACCEPT';
const KUBE_PROXY =
  '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES';
const FELIX = '-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT';

interface PlannedChange {
  readonly address: string;
  readonly fields: readonly { readonly field: string; readonly before?: string; readonly after?: string }[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPlannedChange(value: unknown): value is PlannedChange {
  return isRecord(value) && typeof value.address === 'string' && Array.isArray(value.fields);
}

describeAsRoot('rules that drifted', () => {
  let lab: Lab;
  let folder: string;
  let before: Record<string, string>;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const sh = (host: string, script: string) => lab.onHost(host, 'sh', '-c', script);
  const restore = async (host: string, ...lines: string[]) => {
    const input = ['*filter', ...lines, 'COMMIT', ''].join('\n');
    assertOk(await lab.host(host, ['iptables-restore', '--noflush'], { input }));
  };
  const ours = async (host: string) => (await inputChain(lab, host)).filter(isOurs);
  const theirs = async (host: string) => (await inputChain(lab, host)).filter((line) => !isOurs(line)).slice(1);
  const insertAt = (position: number, line = '') => line.replace('-A INPUT', `-I INPUT ${position}`);
  const deleted = (line = '') => line.replace('-A ', '-D ');

  async function plan(): Promise<{ exit: number; changes: readonly PlannedChange[] }> {
    const { exit, stdout, stderr } = await konvoy('plan', '--until', 'hosts', '--exit-code', '--output', 'json');
    const document: unknown = JSON.parse(stdout);
    if (!isRecord(document) || !Array.isArray(document.changes)) throw new Error(`no plan: ${stdout}${stderr}`);
    return { exit, changes: document.changes.filter(isPlannedChange) };
  }

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await firewallFolder(lab);
    await ofEach(SHARED_HOSTS, (host) => restore(host, LOOPBACK, ...(host === 'cp1' ? [SHADOW] : [])));
    await sh('cp1', 'systemd-run --quiet --unit=listen python3 -m http.server 9091');
    before = await ofEach(SHARED_HOSTS, (host) => hostState(lab, host));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('never overtake a rule of the owner that drops some of the same connections, and the plan says so', async () => {
    const cp1 = (await plan()).changes.find(({ address }) => address === '10.0.50.11 iptables-rules:INPUT');
    expect(cp1?.fields.at(-1)).toEqual({
      field: 'stays ineffective for some connections',
      after: `ports 9091: the host's own rule comes first: ${SHADOW}`,
    });
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect((await inputChain(lab, 'cp1')).slice(0, 3)).toEqual(['-P INPUT ACCEPT', LOOPBACK, SHADOW]);
    expect((await inputChain(lab, 'cp1')).slice(3).every(isOurs)).toBe(true);
    const reach = ['bash', '-c', "timeout 1 bash -c '</dev/tcp/10.0.50.11/9091'"];
    expect((await lab.host('worker2', reach)).exit).not.toBe(0);
    expect((await lab.host('worker1', reach)).exit).toBe(0);
  });

  test('are no drift where the owner, kube-proxy or Calico put theirs before, between and behind', async () => {
    await restore(
      'cp1',
      ':KUBE-SERVICES - [0:0]',
      ':cali-INPUT - [0:0]',
      insertAt(8, BETWEEN),
      BEHIND,
      insertAt(1, KUBE_PROXY),
      insertAt(1, FELIX),
    );
    expect(await plan()).toEqual({ exit: 0, changes: [] });
  });

  test('of every sort are seen by plan', async () => {
    const [ofCp1, ofCp2, ofCp3] = await Promise.all(['cp1', 'cp2', 'cp3'].map(ours));
    const ssh = (await inputChain(lab, 'worker1')).findIndex((line) => line.includes('Konvoy: SSH'));
    await Promise.all([
      restore('cp1', deleted(ofCp1?.[1])),
      restore('cp2', deleted(ofCp2?.[0]), ofCp2?.[0] ?? ''),
      restore('cp3', ofCp3?.[2] ?? ''),
      restore('worker1', `-I INPUT ${ssh + 1} -j REJECT`),
      sh('worker2', 'systemctl disable --now konvoy-firewall && echo "# mine" >>/usr/local/lib/konvoy/firewall'),
    ]);
    const { exit, changes } = await plan();
    expect(exit).toBe(4);
    expect(changes.map(({ address, fields }) => [address, ...fields.map(({ field }) => field)])).toEqual([
      ['10.0.50.11 iptables-rules:INPUT', 'filter INPUT', 'stays ineffective for some connections'],
      ['10.0.50.12 iptables-rules:INPUT', 'filter INPUT'],
      ['10.0.50.13 iptables-rules:INPUT', 'filter INPUT'],
      ['10.0.50.21 iptables-rules:INPUT', 'filter INPUT'],
      ['10.0.50.22 file:/usr/local/lib/konvoy/firewall', 'content'],
      ['10.0.50.22 unit:konvoy-firewall.service', 'enabled', 'active', 'running from'],
    ]);
  });

  test('are repaired with the least change, and rules of others keep their order', async () => {
    /** The kernel's own number of each rule: one that stays keeps it. */
    const handles = async (host: string) =>
      new Set((await sh(host, 'nft -a list chain ip filter INPUT')).match(/(?<=# handle )\d+$/gm));
    const kept = await handles('cp1');
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect([...(await handles('cp1'))].filter((handle) => !kept.has(handle))).toHaveLength(1);
    expect(await theirs('cp1')).toEqual([FELIX, KUBE_PROXY, LOOPBACK, SHADOW, BETWEEN, BEHIND]);
    expect(await ours('cp1')).toEqual(await ours('cp2'));
    expect(await ours('cp1')).toEqual(await ours('cp3'));
    expect(await ours('worker1')).toEqual(await ours('worker2'));
    expect((await inputChain(lab, 'worker1')).at(-1)).toMatch(/^-A INPUT -j REJECT/);
    expect(await sh('worker2', 'systemctl is-active konvoy-firewall; systemctl is-enabled konvoy-firewall')).toBe(
      'active\nenabled',
    );
    expect(await plan()).toEqual({ exit: 0, changes: [] });
  });

  test('come back once each and in place when nftables.service flushes, by start, restart and reload', async () => {
    const settled = await ours('worker2');
    for (const verb of ['start', 'restart', 'reload']) {
      // What the owner adds at runtime is lost to the flush: that is how it is seen.
      await restore('worker2', BEHIND);
      await lab.onHost('worker2', 'systemctl', verb, 'nftables.service');
      await eventually(`the rules are back after ${verb}`, 5000, async () => {
        const chain = await inputChain(lab, 'worker2');
        return !chain.includes(BEHIND) && chain.length === settled.length + 1;
      });
      expect(await ours('worker2')).toEqual(settled);
    }
    expect((await plan()).exit).toBe(0);
  });

  test('go with addDefaultRules: false, ours only, and the hosts are as before', async () => {
    await Promise.all([
      restore('cp1', ...[BETWEEN, BEHIND, KUBE_PROXY, FELIX].map(deleted), '-X KUBE-SERVICES', '-X cali-INPUT'),
      sh('worker1', 'iptables -D INPUT -j REJECT'),
      sh('worker2', 'systemctl stop nftables && nft flush ruleset && sh /usr/local/lib/konvoy/firewall boot').then(() =>
        restore('worker2', insertAt(1, LOOPBACK)),
      ),
    ]);
    editCluster(folder, (text) => text.replace('addDefaultRules: true', 'addDefaultRules: false'));
    assertOk(await konvoy('deploy', 'hosts', '--yes', '--accept', 'closes-cluster-ports'));
    expect(await ofEach(SHARED_HOSTS, (host) => hostState(lab, host))).toEqual(before);
    expect((await plan()).exit).toBe(0);
  });
});
