import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runKonvoy } from '../support/cli-run.ts';
import { clusterText, HEAD } from '../support/config-of.ts';

const root = join(import.meta.dirname, '../..');
const seed = join(root, 'test/seed');
const examples = join(root, 'examples');
let cwd = '';

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-validate-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function validate(text: string | Uint8Array, inventory?: string, ...more: string[]) {
  writeFileSync(join(cwd, 'cluster.yaml'), text);
  rmSync(join(cwd, 'inventory.yaml'), { force: true });
  if (inventory !== undefined) writeFileSync(join(cwd, 'inventory.yaml'), inventory);
  return await runKonvoy(['validate', ...more], { cwd });
}

/** Root may read everything: it becomes `nobody` for a while. */
async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    return await action();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('konvoy validate', () => {
  it.each(readdirSync(seed).filter((file) => file.endsWith('.yaml')))(
    'accepts the sample %s as it stands',
    async (file) => {
      const { code, stdout } = await runKonvoy(['validate', '--config', join(seed, file)], { cwd: '/proc/sys' });
      expect(stdout).not.toContain('error');
      expect(code).toBe(0);
    },
  );

  it('judges manifests in extras/kubernetes beside cluster.yaml, at their line', async () => {
    const folder = join(cwd, 'extras', 'kubernetes');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'shop.yaml'),
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\nkind: Pod\n',
    );
    writeFileSync(join(folder, 'notes.txt'), 'no manifest');
    const { code, stdout } = await validate(clusterText('  kubernetes: {}\n'));
    expect(code).toBe(3);
    expect(stdout).toContain('extras/kubernetes/shop.yaml:5:1');
    expect(stdout).toContain('error [extras-object] an object of Kubernetes has an apiVersion and a kind');
    expect(stdout).not.toContain('notes.txt');
    rmSync(join(cwd, 'extras'), { recursive: true });
  });

  it.each(readdirSync(examples))('accepts the example %s without a warning', async (name) => {
    const { code, stdout } = await runKonvoy(['validate'], { cwd: join(examples, name) });
    expect(stdout).toMatch(/: valid\n$/);
    expect(code).toBe(0);
  });

  it('shows line, column, the lines around, a hint and the code', async () => {
    const { code, stdout } = await validate(clusterText('  kubernetes:\n    netwroking: {}\n'));
    expect(code).toBe(3);
    expect(stdout).toBe(
      [
        'cluster.yaml:5:5: error [unknown-key] spec.kubernetes.netwroking is not a known key',
        '  4 |   kubernetes:',
        '> 5 |     netwroking: {}',
        '    |     ^',
        '  6 |',
        '  hint: did you mean networking?',
        '',
        'cluster.yaml: 1 error, 0 warnings',
        '',
      ].join('\n'),
    );
  });

  it('gives one JSON object, also with warnings and for files that cannot be read', async () => {
    const warned = await validate(clusterText('  addons: {addonsList: []}\n'), undefined, '--output', 'json');
    expect(warned.code).toBe(0);
    expect(JSON.parse(warned.stdout)).toEqual({
      ok: true,
      diagnostics: [
        {
          code: 'former-spelling',
          severity: 'warning',
          message: expect.any(String),
          hint: expect.any(String),
          file: 'cluster.yaml',
          line: 4,
          column: 3,
          path: 'spec.addons',
        },
      ],
    });
    const missing = await runKonvoy(['validate', '--config', 'nowhere.yaml', '--output', 'json'], { cwd });
    expect(missing.code).toBe(3);
    expect(JSON.parse(missing.stdout)).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'file-missing', file: 'nowhere.yaml' }],
    });
  });

  it('judges the cluster alone without an inventory, but not when one is named that is not there', async () => {
    expect((await validate(HEAD)).code).toBe(0);
    const named = await validate(HEAD, undefined, '--inventory', 'nowhere.yaml');
    expect(named.code).toBe(3);
    expect(named.stdout).toContain('nowhere.yaml');
  });

  it('never shows a secret, whatever is wrong around it', async () => {
    const secrets = [
      'all:\n  vars:\n    ansible_become_password: hunter22\n    foo: 1\n',
      'all:\n  vars:\n    ansible_become_password: >-\n      hunter22\n      and hunter22\n    foo: 1\n',
      'all: {vars: {ansible_become_pass: hunter22, foo: 1}}\n',
      'all:\n  vars:\n    ansible_become_password: hunter22\n   foo: : 1\n',
      'all:\n  vars:\n    ansible_become_password: [hunter22]\n',
      'all:\n  vars:\n    ansible_become_passwort: hunter22\n    ansible_become_password: hunter22\n    ansible_become_password: hunter22\n',
    ];
    for (const inventory of secrets) {
      const { stdout, stderr, code } = await validate(HEAD, inventory);
      expect(code).toBe(3);
      expect(stdout + stderr).not.toContain('hunter22');
    }
  });

  it('refuses what is no small text file, and says why', async () => {
    mkdirSync(join(cwd, 'folder'), { recursive: true });
    writeFileSync(join(cwd, 'big.yaml'), '#'.repeat(1024 * 1024 + 1));
    writeFileSync(join(cwd, 'latin1.yaml'), Buffer.from('name: caf\xe9\n', 'latin1'));
    spawnSync('mkfifo', [join(cwd, 'pipe')]);
    const expected = {
      folder: 'file-is-folder',
      'big.yaml': 'file-too-large',
      'latin1.yaml': 'file-not-utf8',
      pipe: 'file-not-regular',
    };
    for (const [file, code] of Object.entries(expected)) {
      const run = await runKonvoy(['validate', '--config', file, '--output', 'json'], { cwd });
      expect(run.code).toBe(3);
      expect(JSON.parse(run.stdout).diagnostics).toEqual([expect.objectContaining({ code, file })]);
    }
  });

  it('says that a file may not be read', async () => {
    const folder = mkdtempSync(join(cwd, 'closed-'));
    chmodSync(cwd, 0o755);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'cluster.yaml'), HEAD, { mode: 0o000 });
    const { code, stdout } = await asNobody(() => runKonvoy(['validate'], { cwd: folder }));
    expect(code).toBe(3);
    expect(stdout).toContain('cluster.yaml:1:1: error [file-no-permission] may not be read\n  hint: ');
  });
});

describe('commands that load the files', () => {
  const wrong = clusterText('  kubernetes:\n    netwroking: {}\n');
  const hosts = 'node: {hosts: {10.0.50.21: {node_pool: worker}}}\n';
  const lines = ['plan', 'up', 'reset', 'check preflight', 'status', 'render --all', 'render firewall --role worker'];

  it.each(lines)('%s shows what is wrong as validate does, and ends with 3', async (line) => {
    const validated = (await validate(wrong, hosts)).stdout;
    expect(validated).toContain('> 5 |     netwroking: {}\n');
    const { code, stderr, stdout } = await runKonvoy(line.split(' '), { cwd });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(validated.replace(/\n.*\n$/, '\nError: the configuration is not valid\n'));
  });

  it('give the place in JSON, too', async () => {
    await validate(wrong, hosts);
    const { stdout } = await runKonvoy(['plan', '--output', 'json'], { cwd });
    const place = { file: 'cluster.yaml', line: 5, column: 5, path: 'spec.kubernetes.netwroking' };
    expect(JSON.parse(stdout).error.diagnostics).toContainEqual(
      expect.objectContaining({ code: 'unknown-key', ...place }),
    );
  });
});

describe('konvoy init', () => {
  const fresh = () => mkdtempSync(join(cwd, 'init-'));

  it('writes files that are valid once what is marked is filled in', async () => {
    const folder = fresh();
    expect(
      (await runKonvoy(['init', '--hosts', '10.0.50.11,10.0.50.12,10.0.50.13,10.0.50.14'], { cwd: folder })).code,
    ).toBe(0);
    expect((await runKonvoy(['validate'], { cwd: folder })).code).toBe(3);
    const fill = (file: string, ...pairs: [string, string][]) => {
      let text = readFileSync(join(folder, file), 'utf8');
      for (const [from, to] of pairs) text = text.replace(from, to);
      expect(text).not.toMatch(/: FILL-IN|- FILL-IN/);
      writeFileSync(join(folder, file), text);
    };
    fill('cluster.yaml', ['FILL-IN:6443', '10.0.50.20:6443'], ['- FILL-IN', '- 10.0.50.25-10.0.50.50']);
    fill('inventory.yaml', [': FILL-IN', ': admin']);
    const { code, stdout } = await runKonvoy(['validate'], { cwd: folder });
    expect(stdout).toBe('cluster.yaml and inventory.yaml: valid\n');
    expect(code).toBe(0);
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toContain('admin.conf');
  });

  it('has neither keepalived nor MetalLB on AWS', async () => {
    const folder = fresh();
    await runKonvoy(['init', '--provisioner', 'aws', '--cluster-name', 'cloudy'], { cwd: folder });
    const text = readFileSync(join(folder, 'cluster.yaml'), 'utf8');
    expect(text).not.toMatch(/keepalived|metallb/);
    const { stdout } = await runKonvoy(['validate'], { cwd: folder });
    expect(stdout).toContain('[aws-open-api]');
    expect(stdout).toContain('cluster.yaml: valid, with 1 warning\n');
  });

  it('never writes over a file without --force', async () => {
    const folder = fresh();
    writeFileSync(join(folder, 'inventory.yaml'), 'mine');
    const { code, stderr } = await runKonvoy(['init'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('inventory.yaml');
    expect(readdirSync(folder)).toEqual(['inventory.yaml']);
    expect((await runKonvoy(['init', '--force'], { cwd: folder })).code).toBe(0);
  });
});

describe('konvoy schema', () => {
  it.each(['cluster', 'inventory'])('prints the JSON Schema of the %s file', async (name) => {
    const { code, stdout } = await runKonvoy(['schema', '--document', name], { cwd });
    expect(code).toBe(0);
    const schema = JSON.parse(stdout);
    expect(schema.$schema).toContain('json-schema.org');
    expect(stdout).toContain(name === 'cluster' ? 'addDefaultRules' : 'ansible_host');
  });
});
