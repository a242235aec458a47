import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { diagnoseCommand } from '../../src/cli/commands/diagnose.ts';
import { Secret } from '../../src/core/secret.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { output } from '../support/fake-host.ts';

const TOKEN = 'abcdef.0123456789abcdef';

let cwd: string;
let cluster: FakeCluster;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-diagnose-'));
  cluster = new FakeCluster();
  for (const host of cluster.hosts) {
    host.on('sh', ({ 2: text = '' }) => {
      if (text.includes('readyz')) return output('ok');
      return output(text.includes('journalctl') ? `kubeadm join --token ${TOKEN}\nwith horse-battery\n` : 'said\n');
    });
  }
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string, answers?: readonly string[]) {
  const commands: readonly CommandEntry[] = [
    { name: 'diagnose', load: async () => (context) => diagnoseCommand(context, cluster.world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands, ...(answers === undefined ? {} : { answers }) });
}

const archives = () => readdirSync(cwd).filter((name) => name.endsWith('.tar.gz'));
const tar = (...args: readonly string[]) => execFileSync('tar', [...args], { cwd, encoding: 'utf8' });

describe('konvoy diagnose', () => {
  it('says what it will hold, asks, and gathers nothing without a yes', async () => {
    const before = cluster.hosts.map(({ queried }) => queried.length);
    const { code, stderr } = await konvoy('diagnose', ['n']);
    expect(code).toBe(1);
    expect(stderr).toContain('hosts/… (3 hosts)/rules.txt: firewall rules');
    expect(stderr).toContain('cluster/objects.txt: nodes, pods');
    expect(archives()).toEqual([]);
    expect(cluster.hosts.map(({ queried }) => queried.length)).toEqual(before);
    expect((await konvoy('diagnose')).code).toBe(2);
  });

  it('packs it into one file of its user’s own, and changes nothing on hosts', async () => {
    mkdirSync(join(cwd, 'runs'));
    writeFileSync(join(cwd, 'runs', '2026-11-24T09-00-00Z-up.log'), '{"is":"note"}\n');
    const { code, stdout } = await konvoy('diagnose --yes');
    expect(code).toBe(0);
    const [archive = ''] = archives();
    expect(stdout).toContain(archive);
    expect(statSync(join(cwd, archive)).mode & 0o777).toBe(0o600);
    const names = tar('-tzf', archive).trim().split('\n');
    expect(names).toEqual(
      expect.arrayContaining([
        'konvoy.json',
        'plan.json',
        'status.json',
        'runs/2026-11-24T09-00-00Z-up.log',
        'cluster/network.yaml',
        'hosts/10.0.0.1/versions.txt',
        'hosts/10.0.0.3/journal.txt',
      ]),
    );
    expect(tar('-xzOf', archive, 'hosts/10.0.0.2/rules.txt')).toBe('said\n');
    expect(cluster.hosts.every(({ journal }) => journal.length === 0)).toBe(true);
  });

  it('takes out secrets that it knows, and those that hosts have written down', async () => {
    new Secret('horse-battery');
    await konvoy('diagnose --yes');
    const journal = tar('-xzOf', archives()[0] ?? '', 'hosts/10.0.0.1/journal.txt');
    expect(journal).toMatch(/^kubeadm join --token \[secret [0-9a-f]{16}\]\nwith \[secret [0-9a-f]{16}\]\n/);
  });

  it('says in the archive what could not be read', async () => {
    cluster.connections.setUnreachable('10.0.0.3');
    const { code } = await konvoy('diagnose --yes');
    expect(code).toBe(0);
    expect(tar('-xzOf', archives()[0] ?? '', 'hosts/10.0.0.3/versions.txt')).toContain('cannot be read: ');
  });
});
