import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ADMIN_KEY, adminConf, inBase64 } from '../support/admin-conf.ts';
import { runKonvoy } from '../support/cli-run.ts';

const CLUSTER = `kind: ClusterConfiguration
apiVersion: konvoy.mesosphere.io/v1beta2
metadata:
  name: demo
spec:
  kubernetes:
    version: 1.36.3
    controlPlane:
      controlPlaneEndpointOverride: 10.0.50.20:6443
      keepalived: {}
`;

const OTHERS = `# mine
apiVersion: v1
kind: Config
clusters:
- name: work   # of the company
  cluster: {server: "https://work.example", insecure-skip-tls-verify: true}
contexts:
- context:
    cluster: work
    user: me
    namespace: 0123
  name: work
current-context: work
preferences:
users:
- name: me
  user:
    # asks the browser
    exec: {apiVersion: v1, command: login, args: [--account, 0123, yes, 1e3], env: null}
`;

let cwd: string;
let home: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-apply-'));
  home = join(cwd, 'home');
  mkdirSync(home);
  writeFileSync(join(cwd, 'cluster.yaml'), CLUSTER);
  writeFileSync(join(cwd, 'admin.conf'), adminConf(), { mode: 0o600 });
});
afterEach(() => rmSync(cwd, { recursive: true }));

const apply = (line = '', env: Record<string, string> = {}) =>
  runKonvoy(['apply', 'kubeconfig', ...line.split(' ').filter((word) => word !== '')], {
    cwd,
    env: { HOME: home, ...env },
  });
const target = () => join(home, '.kube', 'config');
const here = () => readdirSync(join(home, '.kube')).sort();
const mode = (path: string) => statSync(path).mode & 0o777;
function given(text: string): void {
  mkdirSync(dirname(target()), { recursive: true });
  writeFileSync(target(), text, { mode: 0o644 });
}
const demo = {
  cluster: {
    name: 'demo',
    cluster: { 'certificate-authority-data': inBase64('our authority'), server: 'https://10.0.50.20:6443' },
  },
  context: { name: 'demo', context: { cluster: 'demo', user: 'demo-admin' } },
  user: {
    name: 'demo-admin',
    user: { 'client-certificate-data': inBase64('first certificate'), 'client-key-data': inBase64(ADMIN_KEY) },
  },
};

describe('konvoy apply kubeconfig', () => {
  it('makes a kubeconfig where there is none, for its user alone', async () => {
    const { code, stdout, stderr } = await apply();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`${target()}: demo is the current context now.\n`);
    expect(parse(readFileSync(target(), 'utf8'))).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [demo.cluster],
      users: [demo.user],
      contexts: [demo.context],
      'current-context': 'demo',
    });
    expect([mode(target()), mode(dirname(target()))]).toEqual([0o600, 0o700]);
    expect(here()).toEqual(['config']);
  });

  it('keeps what is there as it is written, comments and all, and a private backup', async () => {
    given(OTHERS);
    const { stdout } = await apply();
    const text = readFileSync(target(), 'utf8');
    const kept = OTHERS.replace('current-context: work', 'current-context: demo').trim().split('\n');
    for (const line of kept.filter((each) => !/[{[]/.test(each)))
      expect(text).toContain(`${line.replace(/ +#/, ' #')}\n`);
    const [mine, now] = [parse(OTHERS, { schema: 'failsafe' }), parse(text, { schema: 'failsafe' })];
    expect(now.users[0]).toEqual(mine.users[0]);
    expect(now.clusters[0]).toEqual(mine.clusters[0]);
    expect(parse(text).contexts[1]).toEqual(demo.context);
    expect(mode(target())).toBe(0o600);
    const backup = `${target()}.backup-2026-11-24T09-00-00Z`;
    expect(readFileSync(backup, 'utf8')).toBe(OTHERS);
    expect(mode(backup)).toBe(0o600);
    expect(stdout).toContain(`What it was before is in ${backup}.\n`);
  });

  it('keeps the comments of a file that has nothing else', async () => {
    given('# to be filled\n');
    await apply();
    expect(readFileSync(target(), 'utf8')).toMatch(/^# to be filled\n/);
    expect(parse(readFileSync(target(), 'utf8')).clusters).toEqual([demo.cluster]);
  });

  it('changes nothing the second time', async () => {
    given(OTHERS);
    await apply();
    const { ino, mtimeMs } = statSync(target());
    const again = await apply();
    expect(again).toMatchObject({ code: 0, stdout: `${target()} has demo as its current context already.\n` });
    expect(statSync(target())).toMatchObject({ ino, mtimeMs });
    expect(here()).toHaveLength(2);
    expect(JSON.parse((await apply('--output json')).stdout)).toEqual({
      ok: true,
      kubeconfig: target(),
      context: 'demo',
      changed: false,
    });
  });

  it('refuses to replace other things of the same names, by name and line, until told to', async () => {
    await apply();
    writeFileSync(join(cwd, 'admin.conf'), adminConf({ certificate: 'second', server: 'https://10.9.9.9:6443' }));
    const text = readFileSync(target(), 'utf8');
    const refused = await apply();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${target()}:4: cluster demo is another one: server\n`);
    expect(refused.stderr).toMatch(/:\d+: user demo-admin is another one: client-certificate-data\n/);
    expect(refused.stderr).toContain('--force-overwrite');
    expect(readFileSync(target(), 'utf8')).toBe(text);
    expect(here()).toEqual(['config']);
    expect((await apply('--force-overwrite')).code).toBe(0);
    const now = parse(readFileSync(target(), 'utf8'));
    expect(now.clusters).toEqual([
      { name: 'demo', cluster: { ...demo.cluster.cluster, server: 'https://10.9.9.9:6443' } },
    ]);
    expect(now.users[0].user['client-certificate-data']).toBe(inBase64('second'));
    expect(here()).toHaveLength(2);
  });

  it('leaves the namespace that somebody chose for the context', async () => {
    await apply();
    writeFileSync(
      target(),
      readFileSync(target(), 'utf8').replace('user: demo-admin\n', 'user: demo-admin\n    namespace: web\n'),
    );
    expect((await apply()).stdout).toContain('already');
    expect(readFileSync(target(), 'utf8')).toContain('namespace: web');
  });

  it('says that a name stands there twice, and with force leaves one', async () => {
    given(
      `clusters:\n- {name: demo, cluster: {server: a}}\n- {name: demo, cluster: {server: b}}\n- {name: x, cluster: {server: c}}\n`,
    );
    expect((await apply()).stderr).toContain(`${target()}:3: cluster demo stands there twice`);
    await apply('--force-overwrite');
    expect(parse(readFileSync(target(), 'utf8')).clusters.map(({ name }: { name: string }) => name)).toEqual([
      'demo',
      'x',
    ]);
  });

  it('never writes over a backup', async () => {
    given(OTHERS);
    await apply();
    writeFileSync(target(), OTHERS);
    await apply();
    expect(here()).toEqual(['config', 'config.backup-2026-11-24T09-00-00Z', 'config.backup-2026-11-24T09-00-00Z-1']);
  });

  it('goes into the first file of KUBECONFIG, also where that is a link', async () => {
    const real = join(cwd, 'dotfiles');
    writeFileSync(real, OTHERS);
    symlinkSync(real, join(cwd, 'link'));
    expect((await apply('', { KUBECONFIG: `:link:${join(cwd, 'other')}` })).code).toBe(0);
    expect(lstatSync(join(cwd, 'link')).isSymbolicLink()).toBe(true);
    expect(parse(readFileSync(real, 'utf8'))['current-context']).toBe('demo');
    expect(existsSync(target())).toBe(false);
  });

  it('quotes a name that other readers take for a number, and fits into JSON', async () => {
    writeFileSync(join(cwd, 'cluster.yaml'), CLUSTER.replace('name: demo', 'name: "1e3"'));
    given(
      '{"apiVersion": "v1", "clusters": [{"name": "a", "cluster": {"server": "b"}}], "users": null, "contexts": []}',
    );
    expect((await apply()).code).toBe(0);
    const now = parse(readFileSync(target(), 'utf8'));
    expect(now.clusters.map(({ name }: { name: unknown }) => name)).toEqual(['a', '1e3']);
    expect(now).toMatchObject({
      contexts: [{ name: '1e3' }],
      users: [{ name: '1e3-admin' }],
      'current-context': '1e3',
    });
  });

  it.each([
    [
      'no YAML',
      'users:\n- name: a\n  user: {token: hunter2-token\n',
      /config:\d+:\d+: this cannot be read as one YAML document/,
    ],
    ['a key twice', 'kind: Config\nkind: Config\ntoken: hunter2-token\n', /config:2:1: .*\(duplicate key\)/],
    ['no mapping', '- token: hunter2-token\n', /config:1:1: this is no kubeconfig: it is not a mapping/],
    ['another document', 'kind: Secret\ntoken: hunter2-token\n', /its kind is not Config/],
    ['two documents', 'kind: Config\n---\nkind: Config\n', /config:[23]:\d+: .*\(multiple docs\)/],
    ['a list that is none', 'kind: Config\nusers: hunter2-token\n', /config:2:8: users is not a list/],
    ['an alias to nowhere', 'users: *hunter2-token\n', /cannot be read as YAML/],
  ])('refuses a kubeconfig that is %s, says where, and shows nothing of it', async (_what, text, says) => {
    given(text);
    const { code, stdout, stderr } = await apply('--verbose');
    expect(code).toBe(1);
    expect(stderr).toMatch(says);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(readFileSync(target(), 'utf8')).toBe(text);
    expect(here()).toEqual(['config']);
  });

  it('says what is wrong with files that cannot be read or written', async () => {
    mkdirSync(target(), { recursive: true });
    expect((await apply()).stderr).toContain(`${target()} is no regular file`);
    rmSync(target(), { recursive: true });
    writeFileSync(target(), Buffer.from([0xff, 0xfe, 0x80]));
    expect((await apply()).stderr).toContain('is not UTF-8 text');
    chmodSync(target(), 0o600);
    expect((await apply('', { KUBECONFIG: '/proc/self/konvoy' })).stderr).toContain(
      '/proc/self/konvoy cannot be written',
    );
  });

  it('wants admin.conf and a cluster.yaml', async () => {
    expect((await apply('', { KUBECONFIG: 'admin.conf' })).code).toBe(2);
    writeFileSync(join(cwd, 'admin.conf'), 'kind: Config\n');
    expect((await apply()).stderr).toContain(`${join(cwd, 'admin.conf')}:1:1: its current-context names nothing`);
    rmSync(join(cwd, 'admin.conf'));
    const { code, stderr } = await apply();
    expect(code).toBe(1);
    expect(stderr).toContain('hint: konvoy deploy kubernetes fetches it from the cluster');
    rmSync(join(cwd, 'cluster.yaml'));
    expect((await apply()).code).toBe(3);
    expect(existsSync(target())).toBe(false);
  });

  it('prints no key, on no way', async () => {
    given(OTHERS);
    for (const line of ['--verbose', '--output json', '--force-overwrite --verbose']) {
      const { stdout, stderr } = await apply(line);
      for (const secret of [inBase64(ADMIN_KEY), inBase64('first certificate')]) {
        expect(stdout + stderr).not.toContain(secret);
      }
    }
  });
});
