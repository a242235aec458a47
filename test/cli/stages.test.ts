import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployCommand } from '../../src/cli/commands/deploy.ts';
import { planCommand } from '../../src/cli/commands/plan.ts';
import { resetCommand } from '../../src/cli/commands/reset.ts';
import { statusCommand } from '../../src/cli/commands/status.ts';
import { upCommand } from '../../src/cli/commands/up.ts';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { wantedFile } from '../support/stand-in-kinds.ts';

let cwd: string;
let cluster: FakeCluster;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-cli-'));
  cluster = new FakeCluster();
  cluster.resources = [wantedFile('10.0.0.1', '/etc/rules', 'rules\n')];
  cluster.kubernetes = [{ ...wantedFile('10.0.0.1', '/etc/kubelet', 'kubelet\n'), component: 'kube-proxy' }];
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string) {
  const { world } = cluster;
  const commands: readonly CommandEntry[] = [
    { name: 'plan', load: async () => (context) => planCommand(context, world) },
    { name: 'up', load: async () => (context) => upCommand(context, world) },
    { name: 'deploy', load: async () => (context) => deployCommand(context, world) },
    { name: 'status', load: async () => (context) => statusCommand(context, world) },
    { name: 'reset', load: async () => (context) => resetCommand(context, world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands });
}

const onHost = (path: string) => cluster.host('10.0.0.1').files.read(path);

describe('--until', () => {
  it('leaves later stages out, and takes them all where it is not given', async () => {
    expect((await konvoy('plan --until hosts')).stdout).toContain('1 change on 1 host.');
    expect((await konvoy('plan --until kubernetes')).stdout).toContain('2 changes on 1 host.');
    expect((await konvoy('plan')).stdout).toContain('2 changes on 1 host.');
    expect((await konvoy('status --until hosts')).stdout).not.toContain('/etc/kubelet');
    expect((await konvoy('status')).stdout).toContain('/etc/kubelet');
  });

  it('takes nothing away that a later stage has made', async () => {
    await konvoy('up --yes');
    cluster.resources = [wantedFile('10.0.0.1', '/etc/rules', 'other rules\n')];
    expect((await konvoy('up --yes --until hosts')).code).toBe(0);
    expect({ rules: onHost('/etc/rules'), kubelet: onHost('/etc/kubelet') }).toEqual({
      rules: 'other rules\n',
      kubelet: 'kubelet\n',
    });
  });

  it.each(['plan', 'up', 'status', 'deploy hosts', 'reset'])(
    'with a word that is no stage ends %s with 2',
    async (verb) => {
      const { code, stderr } = await konvoy(`${verb} --until moon`);
      expect(code).toBe(2);
      if (!/deploy|reset/.test(verb))
        expect(stderr).toContain('the stages are hosts, kubernetes, container-networking, addons.');
    },
  );

  it('is kept in a saved plan', async () => {
    await konvoy('plan --until hosts --out p.plan');
    expect(readFileSync(join(cwd, 'p.plan'), 'utf8')).toContain('until: hosts\n');
    const other = await konvoy('up p.plan --until kubernetes');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('--until differs from the one that the plan was made with');
    expect((await konvoy('up p.plan')).code).toBe(0);
    expect({ rules: onHost('/etc/rules'), kubelet: onHost('/etc/kubelet') }).toEqual({ rules: 'rules\n' });
  });

  it('cannot be said of a saved plan that has everything in it', async () => {
    await konvoy('plan --out p.plan');
    expect((await konvoy('up p.plan --until hosts')).code).toBe(2);
    expect(onHost('/etc/rules')).toBeUndefined();
  });
});

describe('konvoy deploy', () => {
  it('hosts does what up does as far as the hosts, and kubernetes the rest', async () => {
    const first = await konvoy('deploy hosts --yes');
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('test is as cluster.yaml says, up to the stage hosts: one change is done.');
    expect(onHost('/etc/rules')).toBe('rules\n');
    expect(onHost('/etc/kubelet')).toBeUndefined();
    expect((await konvoy('deploy hosts --yes')).stdout).toBe('Nothing to do.\n');
    expect((await konvoy('deploy kubernetes --yes')).code).toBe(0);
    expect(onHost('/etc/kubelet')).toBe('kubelet\n');
    expect((await konvoy('up --yes')).stdout).toMatch(/^Nothing to do\.\n/);
    expect(readdirSync(join(cwd, 'runs'))).toContain('2026-11-24T09-00-00Z-deploy-kubernetes.log');
  });

  it('wants to be confirmed like up', async () => {
    expect((await konvoy('deploy hosts')).code).toBe(2);
    expect(onHost('/etc/rules')).toBeUndefined();
  });

  it.each(['deploy', 'deploy container-networking'])('ends "%s" with 2', async (line) => {
    expect((await konvoy(line)).code).toBe(2);
  });
});

describe('konvoy reset', () => {
  it('takes everything away, whatever stage it belongs to', async () => {
    await konvoy('up --yes');
    cluster.removal = [...cluster.kubernetes, ...cluster.resources].map((resource) => ({
      ...resource,
      ensure: 'absent' as const,
    }));
    expect((await konvoy('reset --confirm test')).code).toBe(0);
    expect([onHost('/etc/rules'), onHost('/etc/kubelet')]).toEqual([undefined, undefined]);
  });
});
