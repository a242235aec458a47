import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import { migrateCommand } from '../../src/cli/commands/migrate.ts';
import { KUBEADM_COREFILE, SEED_COREFILE } from '../../src/components/coredns/cases/corefiles.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { FakeCoreDns } from '../support/fake-coredns.ts';

let cwd: string;
let cluster: FakeCluster;
let dns: FakeCoreDns;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-migrate-'));
  cluster = new FakeCluster();
  dns = new FakeCoreDns([cluster.host('10.0.0.1')], KUBEADM_COREFILE);
});
afterEach(() => rmSync(cwd, { recursive: true }));

function konvoy(line: string, given: { answers?: readonly string[]; signal?: AbortSignal } = {}) {
  const commands: readonly CommandEntry[] = [
    { name: 'migrate', load: async () => (context) => migrateCommand(context, cluster.world) },
  ];
  return runKonvoy(line.split(' '), { cwd, commands, ...given });
}

const serving = () => dns.pods.map(({ serves }) => serves);

describe('konvoy migrate corefile', () => {
  it('has nothing to do where the Corefile is kubeadm’s own', async () => {
    const { code, stdout } = await konvoy('migrate corefile --apply');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to migrate: the Corefile is one of CoreDNS 1.14.2'),
    });
    expect(dns.events).toEqual([]);
  });

  it('shows what would change, and changes nothing', async () => {
    dns.edit(SEED_COREFILE);
    const { code, stdout } = await konvoy('migrate corefile');
    expect(code).toBe(0);
    expect(stdout).toContain('line 6: upstream of kubernetes goes');
    expect(stdout).toContain('  -       upstream\n');
    expect(stdout).toContain('  +    ready\n');
    expect(stdout).toContain('Nothing was changed: --apply');
    expect(dns.corefile).toBe(SEED_COREFILE);
    expect(dns.events).toEqual([]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('tries the new text in a canary, then lets CoreDNS reload it', async () => {
    dns.edit(SEED_COREFILE);
    const { code, stdout, stderr } = await konvoy('migrate corefile --apply --yes');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(dns.events).toEqual(['create canary', 'delete canary', 'replace', 'annotate']);
    expect(dns.corefile).toBe(KUBEADM_COREFILE);
    expect(serving()).toEqual([KUBEADM_COREFILE, KUBEADM_COREFILE]);
    expect(stdout).toContain('the canary is ready and knows kubernetes.default.svc.cluster.local');
    expect(stdout).toContain('Every pod of CoreDNS serves the new Corefile.');
    const backup = readdirSync(cwd).find((name) => name.startsWith('Corefile.backup-')) ?? '';
    expect(readFileSync(join(cwd, backup), 'utf8')).toBe(SEED_COREFILE);
    expect(statSync(join(cwd, backup)).mode & 0o777).toBe(0o600);
    expect(cluster.hosts.every(({ locked }) => !locked)).toBe(true);
  });

  it('makes a canary that is like the Deployment’s pods and that no Service finds', async () => {
    dns.edit(SEED_COREFILE);
    await konvoy('migrate corefile --apply --yes');
    const [canary] = dns.created;
    expect(canary?.metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'konvoy',
      'app.kubernetes.io/component': 'corefile-canary',
    });
    expect(canary?.spec).toMatchObject({
      restartPolicy: 'Never',
      activeDeadlineSeconds: 300,
      serviceAccountName: 'coredns',
      tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
      containers: [{ image: 'registry.k8s.io/coredns/coredns:v1.14.2', readinessProbe: { periodSeconds: 1 } }],
      volumes: [{ configMap: { name: canary?.metadata.name, items: [{ key: 'Corefile', path: 'Corefile' }] } }],
    });
    expect(canary?.spec).not.toHaveProperty('affinity');
    expect(JSON.stringify(canary?.spec)).not.toContain('livenessProbe');
  });

  it('starts pods anew that do not come up with the text that they have', async () => {
    dns.configMaps.set('coredns', SEED_COREFILE);
    dns.start();
    expect(serving()).toEqual([undefined, undefined]);
    const { code } = await konvoy('migrate corefile --apply --yes');
    expect(code).toBe(0);
    expect(dns.events).toEqual(['create canary', 'delete canary', 'replace', 'restart']);
    expect(serving()).toEqual([KUBEADM_COREFILE, KUBEADM_COREFILE]);
  });

  it('starts pods anew where nothing reloads the text', async () => {
    const without = SEED_COREFILE.replace('    reload\n', '').replace('       upstream\n', '');
    dns.configMaps.set('coredns', without);
    dns.start();
    await konvoy('migrate corefile --apply --yes');
    expect(dns.events).toEqual(['create canary', 'delete canary', 'replace', 'restart']);
  });

  it('leaves everything as it is where the canary does not come up', async () => {
    const wrong = SEED_COREFILE.replace('/etc/resolv.conf', '10.0.0.300');
    dns.refuses = (text) => (text.includes('10.0.0.300') ? 'not an IP address or file: "10.0.0.300"' : undefined);
    const before = dns.pods.map(({ serves }) => serves);
    dns.edit(wrong);
    const { code, stderr } = await konvoy('migrate corefile --apply --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('CoreDNS does not run with the new Corefile: it has ended');
    expect(stderr).toContain('not an IP address or file: "10.0.0.300"');
    expect(dns.events).toEqual(['create canary', 'delete canary']);
    expect(dns.corefile).toBe(wrong);
    expect(serving()).toEqual(before);
    expect([...dns.configMaps.keys()]).toEqual(['coredns']);
  });

  it('leaves everything as it is where the canary does not know the cluster', async () => {
    dns.edit(SEED_COREFILE);
    dns.knows = (text) => !text.includes('ready');
    const { code, stderr } = await konvoy('migrate corefile --apply --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('does not have the address of kubernetes.default.svc.cluster.local');
    expect(dns.events).toEqual(['create canary', 'delete canary']);
  });

  it('brings the text from before back where pods that run refuse the new one', async () => {
    const before = SEED_COREFILE.replace('       upstream\n', '');
    dns.edit(before);
    dns.cannotReload = (text) =>
      text.includes('ready') ? 'listen tcp :8181: bind: address already in use' : undefined;
    // It is the second text that they refuse, so it is the new one.
    dns.onEvent = (event) => {
      if (event === 'annotate') dns.look();
    };
    const { code, stdout, stderr } = await konvoy('migrate corefile --apply --yes');
    expect(stderr).toContain('refuses the new Corefile: listen tcp :8181: bind: address already in use');
    expect(code).toBe(1);
    expect(stdout).toContain('the Corefile from before comes back');
    expect(dns.corefile).toBe(before);
    expect(serving()).toEqual([before, before]);
  });

  it('replaces nothing that somebody else has changed meanwhile', async () => {
    dns.edit(SEED_COREFILE);
    dns.onEvent = (event) => {
      if (event === 'create canary') dns.edit(`# mine\n${SEED_COREFILE}`);
    };
    const { code, stderr } = await konvoy('migrate corefile --apply --yes');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('somebody else changes it') });
    expect(dns.corefile).toBe(`# mine\n${SEED_COREFILE}`);
  });

  it('takes the canary away when the user stops it, and touches nothing', async () => {
    dns.edit(SEED_COREFILE);
    const stop = new AbortController();
    dns.onEvent = (event) => {
      if (event === 'create canary') stop.abort();
    };
    const { code, stderr } = await konvoy('migrate corefile --apply --yes', { signal: stop.signal });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('interrupted') });
    expect(dns.events).toEqual(['create canary', 'delete canary']);
    expect(dns.corefile).toBe(SEED_COREFILE);
  });

  it('brings the text from before back when the user stops it while CoreDNS reloads', async () => {
    dns.edit(SEED_COREFILE);
    const stop = new AbortController();
    dns.onEvent = (event) => {
      if (event === 'replace') stop.abort();
    };
    const { code, stderr } = await konvoy('migrate corefile --apply --yes', { signal: stop.signal });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('interrupted: the Corefile from before is back'),
    });
    expect(dns.corefile).toBe(SEED_COREFILE);
  });

  it('refuses what it has no rule for, and says what is left', async () => {
    dns.edit(SEED_COREFILE.replace('    loop\n', '    reverse 10.0.0.0/8\n'));
    const { code, stdout, stderr } = await konvoy('migrate corefile --apply --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('konvoy cannot migrate this by itself: Corefile:');
    expect(stdout).toContain('the plugin reverse is gone since CoreDNS 1.1.4');
    expect(dns.events).toEqual([]);
  });

  it('wants to be confirmed, and needs pods that have a network', async () => {
    dns.edit(SEED_COREFILE);
    expect((await konvoy('migrate corefile --apply')).code).toBe(2);
    expect((await konvoy('migrate corefile --apply', { answers: ['n'] })).code).toBe(1);
    dns.nodesWait = true;
    const { code, stderr } = await konvoy('migrate corefile --apply --yes');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('pods have no network yet') });
    expect(dns.events).toEqual([]);
  });

  it('cannot read what CoreDNS cannot read, and says where', async () => {
    dns.edit('. {\n  errors\n');
    const { code, stderr } = await konvoy('migrate corefile');
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Corefile:1:3: this brace is never closed'),
    });
  });

  it('says that there is no cluster where there is none', async () => {
    cluster.host('10.0.0.1').files.remove('/etc/kubernetes/admin.conf');
    const { code, stderr } = await konvoy('migrate corefile');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no cluster yet') });
  });

  it('is JSON for programs, with what only CoreDNS should know masked', async () => {
    dns.edit(SEED_COREFILE.replace('    loop\n', '    tsig {\n        secret key. aGVsbG8=\n    }\n    loop\n'));
    const { code, stdout } = await konvoy('migrate corefile --output json');
    const document = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(document).toMatchObject({ ok: true, applied: false, release: '1.14.2', left: [] });
    expect(document.steps[0]).toEqual({ line: 6, what: 'upstream of kubernetes goes: CoreDNS does not need it' });
    expect(document.after).toContain('secret ••••••');
    expect(stdout).not.toContain('aGVsbG8=');
  });
});
