import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkCommand } from '../../src/cli/commands/check.ts';
import { planCommand } from '../../src/cli/commands/plan.ts';
import { resetCommand } from '../../src/cli/commands/reset.ts';
import { statusCommand } from '../../src/cli/commands/status.ts';
import { upCommand } from '../../src/cli/commands/up.ts';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import type { Verdict } from '../../src/core/check.ts';
import { ask } from '../../src/core/fact.ts';
import { Secret } from '../../src/core/secret.ts';
import { clock } from '../../src/facts/clock.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { wantedFile } from '../support/stand-in-kinds.ts';

let cwd: string;
let cluster: FakeCluster;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-cli-'));
  cluster = new FakeCluster();
  cluster.resources = cluster.hosts.map(({ address }) => wantedFile(address, '/etc/a', 'new\n'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string, answers?: readonly string[], signal?: AbortSignal) {
  const { world } = cluster;
  const commands: readonly CommandEntry[] = [
    { name: 'plan', aliases: ['diff'], load: async () => (context) => planCommand(context, world) },
    { name: 'up', load: async () => (context) => upCommand(context, world) },
    { name: 'check', load: async () => (context) => checkCommand(context, world) },
    { name: 'status', load: async () => (context) => statusCommand(context, world) },
    { name: 'reset', load: async () => (context) => resetCommand(context, world) },
  ];
  return runKonvoy(line.split(' '), {
    cwd,
    commands,
    ...(answers === undefined ? {} : { answers }),
    ...(signal === undefined ? {} : { signal }),
  });
}

const journals = () => cluster.hosts.flatMap(({ journal }) => journal);
const check = (id: string, phase: 'preflight' | 'nodes', verdict: Verdict) => ({
  id,
  phase,
  title: `${id} is well`,
  asks: [],
  judge: () => verdict,
});

describe('konvoy plan', () => {
  it('shows before and after as lines, hosts with the same changes together', async () => {
    cluster.host('10.0.0.2').files.write('/etc/a', 'kept\nold\n');
    cluster.resources = cluster.hosts.map(({ address }) => wantedFile(address, '/etc/a', 'kept\nnew\n'));
    const { code, stdout } = await konvoy('plan --limit worker');
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.2 (worker)\n  ~ update file:/etc/a');
    expect(stdout).toContain('         kept\n        -old\n        +new\n');
    expect(stdout).toContain('2 changes on 2 hosts.');
    expect(stdout).not.toContain('10.0.0.1');
    expect((await konvoy('diff')).stdout).toContain('10.0.0.1 (control-plane)');
    expect(journals()).toEqual([]);
  });

  it('cuts a long text that is wholly new, but not what changes in one', async () => {
    const long = Array.from({ length: 60 }, (_, line) => `line ${line}\n`).join('');
    cluster.resources = [wantedFile('10.0.0.1', '/etc/a', long), wantedFile('10.0.0.1', '/etc/b', long)];
    cluster.host('10.0.0.1').files.write('/etc/b', 'other\n'.repeat(40));
    const { stdout } = await konvoy('plan');
    const [created = '', updated = ''] = stdout.split('update file:/etc/b');
    expect(created).toContain('        +line 11\n        … and 48 more lines; --verbose shows them\n');
    expect(created).not.toContain('line 12');
    expect(updated).toContain('+line 59');
    expect((await konvoy('plan --verbose --out p.plan')).stdout.match(/\+line 59/g)).toHaveLength(2);
    await konvoy('plan --out p.plan');
    expect(readFileSync(join(cwd, 'p.plan'), 'utf8').match(/\+line 59/g)).toHaveLength(2);
  });

  it('groups hosts of one role with the same changes', async () => {
    expect((await konvoy('plan')).stdout).toContain('10.0.0.2, 10.0.0.3 (worker)');
  });

  it('ends with 4 where there are changes, only when asked to', async () => {
    expect((await konvoy('plan --exit-code')).code).toBe(4);
    cluster.resources = [];
    const { code, stdout } = await konvoy('plan --exit-code');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Nothing to do.\n' });
  });

  it('prints one JSON document and nothing else', async () => {
    const { stdout } = await konvoy('plan --output json');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, cluster: 'test', changes: [{ verb: 'create' }, {}, {}] });
  });

  it('reports a dead host, plans the others and ends with 1', async () => {
    cluster.connections.setUnreachable('10.0.0.2');
    const { code, stdout, stderr } = await konvoy('plan');
    expect(code).toBe(1);
    expect(stderr).toContain('unreachable: [10.0.0.2]');
    expect(stdout).toContain('10.0.0.2 cannot be read, nothing is planned there');
    expect(stdout).toContain('2 changes on 2 hosts; 1 host could not be read.');
  });

  it('prints no secret, neither on the screen nor into a saved plan', async () => {
    new Secret('s3cr3t-word');
    cluster.resources = [wantedFile('10.0.0.1', '/etc/a', 'password s3cr3t-word\n')];
    const { stdout } = await konvoy('plan --out p.plan');
    // The sink of a test does not redact; main.ts puts the redactor before both streams.
    expect(stdout).toContain('password');
    expect(readFileSync(join(cwd, 'p.plan'), 'utf8')).not.toContain('s3cr3t-word');
  });
});

describe('konvoy up', () => {
  it('does what plan showed, says so, and has nothing to do the second time', async () => {
    const first = await konvoy('up --yes');
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('STAGE [Configuring Highly Available Control Plane]');
    expect(first.stdout).toContain('changed: [10.0.0.1] create file:/etc/a (0.0s)');
    expect(first.stdout).toContain('10.0.0.1 : changed=1 unreachable=0 failed=0');
    for (const host of cluster.hosts) host.journal.length = 0;
    const second = await konvoy('up --yes');
    expect(second).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
    expect(journals()).toEqual([]);
  });

  it('wants to be confirmed, on the terminal or with --yes', async () => {
    expect((await konvoy('up')).code).toBe(2);
    expect((await konvoy('up', ['no'])).code).toBe(1);
    expect(journals()).toEqual([]);
    expect((await konvoy('up', ['y'])).code).toBe(0);
    expect(cluster.host('10.0.0.1').files.read('/etc/a')).toBe('new\n');
  });

  it('carries out a saved plan without asking, and refuses it once it is stale', async () => {
    await konvoy('plan --out p.plan');
    expect(statSync(join(cwd, 'p.plan')).mode & 0o777).toBe(0o600);
    cluster.host('10.0.0.3').files.write('/etc/a', 'meanwhile\n');
    const stale = await konvoy('up p.plan');
    expect(stale.code).toBe(1);
    expect(stale.stderr).toContain('p.plan is stale');
    expect(journals()).toEqual([]);
    await konvoy('plan --out p.plan');
    expect((await konvoy('up p.plan')).code).toBe(0);
  });

  it('does the rest when one host is dead, and ends with 1', async () => {
    cluster.connections.setUnreachable('10.0.0.2');
    const { code, stderr } = await konvoy('up --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('one host could not be read and was left out: 10.0.0.2');
    expect(cluster.host('10.0.0.3').files.read('/etc/a')).toBe('new\n');
  });

  it('changes nothing when a preflight check fails', async () => {
    cluster.checks = [check('clock-skew@10.0.0.1', 'preflight', { is: 'fail', summary: 'an hour off' })];
    const { code, stderr, stdout } = await konvoy('up --yes');
    expect(code).toBe(1);
    expect(stdout).toContain(`${'clock-skew@10.0.0.1 is well'.padEnd(71)}[ERROR]\n  an hour off`);
    expect(stderr).toContain('preflight failed and nothing was changed: clock-skew@10.0.0.1');
    expect(journals()).toEqual([]);
  });

  it('ends with 1 where a component cannot say what it wants, also when nothing else is to do', async () => {
    cluster.resources = [];
    cluster.remarks = [{ code: 'vrid-differs', severity: 'error', message: 'the hosts do not agree' }];
    const { code, stderr } = await konvoy('up --yes');
    expect({ code, journals: journals() }).toEqual({ code: 1, journals: [] });
    expect(stderr).toContain('nothing was changed:\n  the hosts do not agree');
  });

  it('is refused before anybody is asked where the plan cannot be carried out', async () => {
    cluster.remarks = [{ code: 'vrid-differs', severity: 'error', message: 'the hosts do not agree' }];
    const { code, stdout, stderr } = await konvoy('up', ['y']);
    expect({ code, journals: journals() }).toEqual({ code: 1, journals: [] });
    expect(stderr).toContain('nothing was changed:\n  the hosts do not agree');
    expect(stdout).not.toContain('Shall konvoy do this?');
  });

  it('ends with 5 when what it made does not work', async () => {
    cluster.checks = [check('one-holder', 'nodes', { is: 'fail', summary: 'two hosts hold it', hint: 'look' })];
    expect((await konvoy('up --yes')).code).toBe(5);
  });

  it('does the other hosts where one is dead, whatever preflight says about that one', async () => {
    const asks = [ask(clock, '10.0.0.2', undefined)];
    cluster.checks = [{ ...check('system@10.0.0.2', 'preflight', { is: 'fail', summary: 'no answer' }), asks }];
    cluster.connections.setUnreachable('10.0.0.2');
    const { code, stdout, stderr } = await konvoy('up --yes');
    expect(code).toBe(1);
    expect(stdout).toContain('10.0.0.1 : changed=1 unreachable=0 failed=0');
    expect(stdout).toContain('10.0.0.2 : changed=0 unreachable=1 failed=0');
    expect(stderr).toContain('Error: one host could not be read and was left out: 10.0.0.2');
    cluster.connections.setReachable('10.0.0.2');
    cluster.checks = [];
    expect((await konvoy('up --yes')).code).toBe(0);
  });

  it('keeps a log of the run that only its user may read', async () => {
    await konvoy('up --yes');
    const [name = ''] = readdirSync(join(cwd, 'runs'));
    expect(name).toBe('2026-11-24T09-00-00Z-up.log');
    expect(statSync(join(cwd, 'runs', name)).mode & 0o777).toBe(0o600);
    const lines = readFileSync(join(cwd, 'runs', name), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).is)).toEqual(expect.arrayContaining(['planned', 'change-done']));
  });

  it('prints what is done and what is left after Ctrl-C', async () => {
    const controller = new AbortController();
    cluster.host('10.0.0.1').on('logger', () => {
      controller.abort();
      return { exit: 0, stdout: '', stderr: '' };
    });
    const { code, stderr } = await konvoy('up --yes --max-parallel 1', undefined, controller.signal);
    expect(code).toBe(1);
    expect(stderr).toContain('done:\n  [10.0.0.1] create file:/etc/a');
    expect(stderr).toMatch(
      /left:\n( {2}\[10\.0\.0\.2\] create file:\/etc\/a\n)? {2}\[10\.0\.0\.3\] create file:\/etc\/a/,
    );
    expect(stderr).toContain('Error: interrupted:');
  });

  it('prints one JSON document, also when it fails', async () => {
    const good = await konvoy('up --yes --output json');
    expect(JSON.parse(good.stdout)).toMatchObject({ ok: true, done: [{}, {}, {}] });
    cluster.resources = cluster.hosts.map(({ address }) => wantedFile(address, '/etc/b', 'b'));
    cluster.host('10.0.0.1').files.refuseWrites('/etc', 'No space left on device');
    const bad = await konvoy('up --yes --output json');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false, error: { name: 'ApplyFailed', left: [{}] } });
  });
});

describe('konvoy check', () => {
  it('ends with 0 when all is well and with 5 when something is not', async () => {
    cluster.checks = [check('a', 'nodes', { is: 'pass' }), check('b', 'preflight', { is: 'unknown', why: 'dark' })];
    expect((await konvoy('check nodes')).code).toBe(0);
    const preflight = await konvoy('check preflight');
    expect(preflight.code).toBe(5);
    expect(preflight.stdout).toContain('STAGE [Running Preflights]');
  });
});

describe('konvoy status', () => {
  it('shows what of ours is in place on each host', async () => {
    cluster.host('10.0.0.1').files.write('/etc/a', 'new\n');
    cluster.host('10.0.0.2').files.write('/etc/a', 'other\n');
    const { code, stdout } = await konvoy('status');
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.1 (control-plane)\n  in place   file:/etc/a\n');
    expect(stdout).toContain('differs    file:/etc/a (content)');
    expect(stdout).toContain('missing    file:/etc/a');
  });
});

describe('konvoy reset', () => {
  beforeEach(() => {
    for (const { files } of cluster.hosts) files.write('/etc/a', 'new\n');
    cluster.removal = cluster.hosts.map(({ address }) => ({
      ...wantedFile(address, '/etc/a', ''),
      ensure: 'absent' as const,
      hazards: { delete: 'removes-vip' as const },
    }));
  });

  it("wants the cluster's name, typed or given", async () => {
    expect((await konvoy('reset')).code).toBe(2);
    expect((await konvoy('reset --confirm wrong')).code).toBe(1);
    expect((await konvoy('reset', ['wrong'])).code).toBe(1);
    expect(journals()).toEqual([]);
    expect((await konvoy('reset', ['test'])).code).toBe(0);
  });

  it('takes everything off the hosts', async () => {
    const { code, stdout } = await konvoy('reset --confirm test');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nNothing of konvoy is left on the hosts of test\.\n$/);
    for (const { files } of cluster.hosts) expect(files.read('/etc/a')).toBeUndefined();
    expect((await konvoy('reset --confirm test')).stdout).toBe('Nothing to do.\n');
  });
});
