import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { konvoyCommand } from '../support/konvoy-command.ts';
import { runKonvoy } from '../support/cli-run.ts';

const cwd = tmpdir();

describe('konvoy', () => {
  it('lists its commands', async () => {
    const { code, stdout } = await runKonvoy([], { cwd });
    expect(code).toBe(0);
    for (const name of ['plan', 'up', 'deploy', 'check', 'apply', 'status', 'reset', 'render', 'version'])
      expect(stdout).toContain(name);
  });

  it('ends with 2 and says what is wrong when the command line is wrong', async () => {
    for (const line of ['nonsense', 'up --foo', 'plan --output xml', 'up --max-parallel 0', 'plan --accept nothing']) {
      const { code, stderr } = await runKonvoy(line.split(' '), { cwd });
      expect({ line, code }).toEqual({ line, code: 2 });
      expect(stderr).toMatch(/^Error: /);
    }
  });

  it('ends with 3 when there are no files', async () => {
    const { code, stderr } = await runKonvoy(['plan'], { cwd: '/proc/sys' });
    expect(code).toBe(3);
    expect(stderr).toContain('cluster.yaml');
  });

  it('prints its version', async () => {
    expect((await runKonvoy(['version'], { cwd })).stdout).toMatch(/^konvoy \d+\.\d+\.\d+\n$/);
    expect(JSON.parse((await runKonvoy(['version', '--output', 'json'], { cwd })).stdout)).toHaveProperty('version');
  });
});

describe('konvoy render firewall', () => {
  it.each(['control-plane', 'worker'])('prints the documented rules of a %s host without any files', async (role) => {
    const { code, stdout } = await runKonvoy(['render', 'firewall', '--role', role, '--seed-only'], { cwd });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(role === 'worker' ? 12 : 17);
    expect(stdout).toMatch(/^iptables -A INPUT -p tcp /);
  });
});

describe('konvoy render metallb', () => {
  it('shows the resources that configInline becomes', async () => {
    const example = join(import.meta.dirname, '../../examples/on-premise-bgp');
    const { code, stdout } = await runKonvoy(['render', 'metallb'], { cwd: example });
    expect(code).toBe(0);
    expect([...stdout.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind)).toEqual([
      'BGPPeer',
      'IPAddressPool',
      'BGPAdvertisement',
    ]);
    expect(stdout).toContain('app: metallb');
  });
});

describe('konvoy completion', () => {
  it.each(['bash', 'zsh', 'fish'])('knows commands, sub-commands and options for %s', async (shell) => {
    const { stdout } = await runKonvoy(['completion', shell], { cwd });
    for (const word of ['preflight', 'max-parallel', 'status', 'until', 'kubeconfig']) expect(stdout).toContain(word);
  });

  it('completes in a real bash', async () => {
    const { stdout } = await runKonvoy(['completion', 'bash'], { cwd });
    const complete = (words: string) => {
      const script = `${stdout}\nCOMP_WORDS=(konvoy ${words}); COMP_CWORD=2; _konvoy; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
    };
    expect(complete('check pre')).toBe('preflight');
    expect(complete("deploy ''")).toBe('hosts kubernetes container-networking addons');
    expect(complete('apply k')).toBe('kubeconfig');
  });
});

describe('the process', () => {
  it('is not disturbed by a reader that goes away', () => {
    const command = konvoyCommand()
      .map((word) => `'${word}'`)
      .join(' ');
    const script = `${command} completion fish | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd });
    expect(stdout).toMatch(/^# konvoy completion for fish.*\n0\n$/);
    expect(stderr).toBe('');
  });
});
