import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startRun } from '../support/background-run.ts';
import { labFrom, NETWORK, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';

/** Seconds for six nodes; a machine with other work gets twice as many. */
const BUDGET = 30;

interface Row {
  readonly id: string;
  readonly verdict: string;
  readonly asked: number;
  readonly failures: readonly { readonly from: string; readonly to: string }[];
  readonly findings: readonly {
    readonly layer: string;
    readonly summary: string;
    readonly evidence: readonly string[];
  }[];
}

interface Verified {
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly checks: readonly Row[];
  readonly watch?: {
    readonly targets: readonly {
      readonly by: string;
      readonly sent: number;
      readonly lost: number;
      readonly longestGapMs: number;
    }[];
  };
}

/** Drops what carries packets of pods before anybody’s chain in table filter is asked. */
const DROP = ['-t', 'raw', '-I', 'PREROUTING', '-p', 'udp', '--dport', '4789', '-j', 'DROP'] as const;

describeAsRoot('konvoy verify', () => {
  let lab: Lab;
  let folder: string;

  const verify = async (...args: string[]) => {
    const { exit, stdout, stderr } = await lab.konvoy(['verify', '--output', 'json', ...args], { cwd: folder });
    if (stdout === '') throw new Error(stderr);
    const verified: Verified = JSON.parse(stdout);
    console.info(`verify ${args.join(' ')} took ${(verified.milliseconds / 1000).toFixed(1)} s`);
    const failed = verified.checks.filter(({ verdict }) => verdict === 'fail');
    if (failed.length > 0) console.info(JSON.stringify(failed));
    return { exit, ...verified };
  };
  const row = ({ checks }: Verified, id: string) => {
    const found = checks.find((each) => each.id === id);
    if (found === undefined) throw new Error(`no row ${id}`);
    return found;
  };
  const namespaces = async () => {
    const fields = '--output=jsonpath={range .items[*]}{.metadata.name} {.status.phase}{"\\n"}{end}';
    return await kubectl(lab, folder, 'get', 'namespaces', '--selector=konvoy.mesosphere.com/verify-until', fields);
  };

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
  }, 900_000);

  test('passes on all thirty pairs of six nodes, and leaves nothing behind', async () => {
    const verified = await verify('--junit', 'verify.xml');
    expect(verified.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(verified.exit).toBe(0);
    expect(row(verified, 'pod-to-pod')).toMatchObject({ verdict: 'pass', asked: 30 });
    expect(row(verified, 'host-to-pod')).toMatchObject({ verdict: 'pass', asked: 36 });
    expect(verified.milliseconds / 1000).toBeLessThan(2 * BUDGET);
    expect(await readFile(join(folder, 'verify.xml'), 'utf8')).toContain('failures="0"');
    expect(await namespaces()).not.toContain('Active');
  });

  test('says that it is a firewall, and that it is DNS, where both are broken, and on which host', async () => {
    await lab.onHost('worker1', 'iptables', '-w', ...DROP);
    await kubectl(lab, folder, '--namespace=kube-system', 'scale', 'deployment', 'coredns', '--replicas=0');
    try {
      const verified = await verify();
      expect(verified.exit).toBe(5);
      const pairs = row(verified, 'pod-to-pod');
      expect(pairs.failures).toHaveLength(10);
      expect(pairs.failures.every(({ from, to }) => from === '10.0.50.21' || to === '10.0.50.21')).toBe(true);
      expect(pairs.findings.map(({ layer }) => layer)).toEqual(['firewall']);
      expect(pairs.findings[0]?.summary).toMatch(/10\.0\.50\.21 (may drop|drops) VXLAN \(UDP port 4789\)/);
      expect(pairs.findings[0]?.evidence.join()).toContain('--dport 4789 -j DROP');
      expect(row(verified, 'same-node').verdict).toBe('pass');
      expect(row(verified, 'dns-service').findings[0]?.layer).toBe('dns');
    } finally {
      await lab.onHost('worker1', 'iptables', '-w', ...DROP.map((word) => (word === '-I' ? '-D' : word)));
      await kubectl(lab, folder, '--namespace=kube-system', 'scale', 'deployment', 'coredns', '--replicas=2');
      await kubectl(lab, folder, '--namespace=kube-system', 'rollout', 'status', 'deployment/coredns');
    }
  });

  test('keeps asking for as long as it is told, and takes away what a killed run has left', async () => {
    const killed = await startRun(lab, folder, ['verify', '--watch']);
    await killed.seen('watching ', 1, 60);
    killed.kill('SIGKILL');
    await killed.outcome;
    const living = (await namespaces()).split('\n').find((line) => line.endsWith(' Active')) ?? '';
    const [name = ''] = living.split(' ');
    await kubectl(lab, folder, 'label', '--overwrite', 'namespace', name, 'konvoy.mesosphere.com/verify-until=1');
    const verified = await verify('--watch=5');
    expect(verified.exit).toBe(0);
    const targets = verified.watch?.targets ?? [];
    const held = targets.filter(({ by }) => by === 'held connection');
    expect(held).toHaveLength(30);
    expect(targets.filter(({ by }) => by === 'new connection').every(({ sent }) => sent > 20)).toBe(true);
    const worst = Math.max(...targets.map(({ longestGapMs }) => longestGapMs));
    const lost = targets.reduce((sum, target) => sum + target.lost, 0);
    console.info(`watched ${targets.length} targets for 5 s: ${lost} lost, longest gap ${worst.toFixed(0)} ms`);
    expect(await namespaces()).not.toContain(`${name} Active`);
  });

  test('that is interrupted ends by itself and leaves no namespace that stays', async () => {
    const run = await startRun(lab, folder, ['verify', '--watch']);
    await run.seen('watching ', 1, 60);
    run.kill('SIGINT');
    const { stdout } = assertOk(await run.outcome);
    expect(stdout).toContain('watched for ');
    expect(await namespaces()).not.toContain('Active');
  });
});
