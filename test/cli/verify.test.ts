import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { type FakeFault, FakeNetwork } from '../support/fake-network.ts';

const SECOND = '10.0.0.2';

let cwd: string;
let cluster: FakeCluster;
let network: FakeNetwork;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-verify-'));
  cluster = new FakeCluster();
  network = new FakeNetwork(cluster.hosts);
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string, signal?: AbortSignal) {
  const commands: readonly CommandEntry[] = [
    { name: 'verify', load: async () => (context) => verifyCommand(context, cluster.world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands, ...(signal === undefined ? {} : { signal }) });
}

/** No packet passes between the second node's pods, or its host's, and those of others. */
const cutOff: FakeFault = (from, { to }) => {
  const target = /^192\.168\.(\d)\./.exec(to)?.[1];
  const across = target !== undefined && `10.0.0.${target}` !== from;
  return across && (from === SECOND || target === '2') ? { ok: false, failure: 'timeout' } : undefined;
};

describe('konvoy verify', () => {
  it('makes pods, asks them, shows a line for each thing, and takes everything away again', async () => {
    const { code, stdout } = await konvoy('verify');
    expect(stdout).toContain('STAGE [Verifying Container Networking]');
    expect(stdout).toMatch(/pods reach pods on other nodes +\[OK\] 6 asked/);
    expect(stdout).toMatch(/packets of full size pass between nodes +\[OK\] 1450 bytes, 6 asked/);
    expect(stdout).toMatch(/outside names are answered +\[SKIPPED\] no upstream answers .*10\.0\.0\.53:53 \(silent\)/);
    expect(stdout).toContain('19 passed, 2 skipped, in ');
    expect(code).toBe(0);
    expect(network.made.filter((object) => object.startsWith('Pod '))).toHaveLength(6);
    expect(network.namespaces.size).toBe(0);
  });

  it('asks for an outside name where an upstream says anything about it to hosts', async () => {
    network.upstream = 3;
    expect((await konvoy('verify')).stdout).toMatch(/outside names are answered +\[OK\] 3 asked/);
    network.upstream = 2;
    expect((await konvoy('verify')).stdout).toContain('10.0.0.53:53 (fails)');
  });

  it('names the layer at fault with what speaks for it, and ends with 5', async () => {
    network.fault = cutOff;
    network.rules.set(SECOND, '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --dport 4789 -j DROP\nCOMMIT\n');
    const { code, stdout } = await konvoy('verify');
    expect(code).toBe(5);
    expect(stdout).toMatch(
      /pods reach pods on other nodes +\[ERROR\]\n {2}4 of 6 failed: 10\.0\.0\.1 → 10\.0\.0\.2: no answer/,
    );
    expect(stdout).toContain(`firewall: ${SECOND} drops VXLAN (UDP port 4789) from other nodes`);
    expect(stdout).toContain(`iptables (nft) on ${SECOND}: -A INPUT -p udp -m udp --dport 4789 -j DROP`);
    expect(stdout.match(/hint: `konvoy plan` shows whether a rule of konvoy’s is missing/g)).toHaveLength(1);
    expect(stdout).toContain('from other nodes, as above');
    expect(network.namespaces.size).toBe(0);
  });

  it('warns where only calico-node’s own chain lets packets of pods in', async () => {
    const rules = ['-A INPUT -j cali-INPUT', '-A cali-INPUT -p 4 -j ACCEPT'];
    network.rules.set(SECOND, `*filter\n:INPUT DROP [0:0]\n:cali-INPUT - [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
    const { code, stdout } = await konvoy('verify');
    expect(code).toBe(0);
    expect(stdout).toContain(
      `firewall: ${SECOND} lets IP-in-IP (protocol 4) in by nothing but calico-node’s own chain`,
    );
    expect(stdout).toContain('18 passed, 1 with a warning, 2 skipped');
  });

  it('prints one JSON document, with every failure', async () => {
    network.fault = cutOff;
    const { stdout } = await konvoy('verify --output json');
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(false);
    const pairs = checks.find(({ id }: { id: string }) => id === 'pod-to-pod');
    expect(pairs).toMatchObject({ verdict: 'fail', asked: 6 });
    expect(pairs.failures).toHaveLength(4);
    expect(pairs.findings[0]).toMatchObject({ layer: 'encapsulation' });
  });

  it('writes JUnit, in which nothing is left unescaped', async () => {
    network.fault = (from, { ask }) =>
      ask === 'tcp' && from === SECOND ? { ok: false, failure: 'other', error: '<a> & "b" \u0007' } : undefined;
    await konvoy('verify --junit result.xml');
    const xml = readFileSync(join(cwd, 'result.xml'), 'utf8');
    expect(xml).toMatch(/<testsuite name="konvoy verify .*" tests="21" failures="4" skipped="2" errors="0"/);
    expect(xml).toContain('&lt;a&gt; &amp; &quot;b&quot; \ufffd');
    expect(xml).toContain('<testcase classname="konvoy.verify" name="pods reach pods on other nodes"/>');
    expect(xml).toContain('<skipped message="no upstream');
  });

  it('takes only the nodes that --limit names', async () => {
    const { stdout } = await konvoy('verify --limit worker');
    expect(network.made.filter((object) => object.startsWith('Pod '))).toHaveLength(4);
    expect(stdout).toMatch(/pods reach pods on other nodes +\[OK\] 2 asked/);
  });

  it('leaves out what takes two nodes where one takes part', async () => {
    const alone = await konvoy(`verify --limit ${SECOND}`);
    expect(alone.stdout).toMatch(/pods reach pods on other nodes +\[SKIPPED\] a pod runs on one node only/);
    expect(alone.code).toBe(0);
  });

  it('fails for a node that is not Ready, and verifies the others', async () => {
    network.notReady.add(SECOND);
    const { code, stdout } = await konvoy('verify');
    expect(code).toBe(5);
    expect(stdout).toContain(`1 of 3 failed: ${SECOND}: the node is not Ready: container runtime network not ready`);
    expect(stdout).toContain('route: pods do not start on every node');
    expect(stdout).toMatch(/pods reach pods on other nodes +\[OK\] 2 asked/);
  });

  it('removes what a killed run has left, once its pods have ended, and nothing of a run that goes on', async () => {
    network.namespaces.set('konvoy-verify-killed', String(network.now - 1));
    network.namespaces.set('konvoy-verify-other', String(network.now + 60));
    await konvoy('verify');
    expect([...network.namespaces.keys()]).toEqual(['konvoy-verify-other']);
  });

  it('that is interrupted takes its namespace away', async () => {
    const controller = new AbortController();
    network.onAsk = () => controller.abort();
    const { code, stderr } = await konvoy('verify', controller.signal);
    expect(code).toBe(1);
    expect(stderr).toContain('interrupted');
    expect(network.made).toContain('Namespace konvoy-verify-i00000');
    expect(network.namespaces.size).toBe(0);
  });

  it('says that there is no cluster', async () => {
    for (const host of cluster.hosts) host.on('sh', () => ({ exit: 44, stdout: '', stderr: '' }));
    const { code, stderr } = await konvoy('verify');
    expect(code).toBe(1);
    expect(stderr).toContain('there is no cluster yet whose network could be verified');
  });

  it('wants a number of seconds behind --watch', async () => {
    const { code, stderr } = await konvoy('verify --watch=0');
    expect(code).toBe(2);
    expect(stderr).toContain('seconds from 1 to 86400');
  });
});
