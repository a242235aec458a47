import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startRun } from '../support/background-run.ts';
import { bareLab, KUBERNETES, kubectl, watchCommandLines } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, type Outcome, SHARED_HOSTS } from '../support/lab.ts';

/** `ID.SECRET`, as bootstrap tokens look; nothing else that is printed does. */
const TOKEN = /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/;
/** The stage of these tests; container networking has a suite of its own. */
const UNTIL = ['--until', 'kubernetes'] as const;
const PRIVATE_KEY = /PRIVATE KEY/;

describeAsRoot('Kubernetes on bare hosts', () => {
  let lab: Lab;
  let folder: string;
  let first: Outcome;
  let commandLines: readonly string[];
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const nodes = async () => (await kubectl(lab, folder, 'get', 'nodes', '--output=name')).split('\n').sort();
  /** Requests to the API servers that change something and are konvoy's sort: not leases, events and statuses. */
  const writes = async () => {
    const ofHost = async (host: string) => {
      const metrics = await kubectl(lab, folder, `--server=https://${host}:6443`, 'get', '--raw=/metrics');
      return metrics
        .split('\n')
        .filter((line) => /^apiserver_request_total\{.*verb="(POST|PUT|PATCH|APPLY|DELETE)"/.test(line))
        .filter((line) => /resource="(nodes|secrets|configmaps|daemonsets|deployments)"/.test(line))
        .filter((line) => /subresource=""/.test(line) && /dry_run=""/.test(line) && /code="2/.test(line))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    };
    const counts = await Promise.all(['10.0.50.11', '10.0.50.12', '10.0.50.13'].map(ofHost));
    return counts.reduce((sum, count) => sum + count, 0);
  };

  beforeAll(async () => {
    lab = await bareLab();
    folder = lab.folder;
    const watch = watchCommandLines();
    const began = performance.now();
    first = await konvoy('up', '--yes', ...UNTIL);
    console.info(`up from booted hosts took ${((performance.now() - began) / 1000).toFixed(1)} s`);
    commandLines = await watch.stop();
  }, 600_000);

  test('one run makes a highly available cluster of six members behind the virtual address', async () => {
    assertOk(first);
    expect(await nodes()).toEqual(
      ['10.0.50.11', '10.0.50.12', '10.0.50.13', '10.0.50.21', '10.0.50.22', '10.0.50.23'].map(
        (name) => `node/${name}`,
      ),
    );
    const server = await kubectl(lab, folder, 'config', 'view', '--output=jsonpath={.clusters[0].cluster.server}');
    expect(server).toBe('https://10.0.50.20:6443');
    expect(statSync(join(folder, 'admin.conf')).mode & 0o777).toBe(0o600);
    for (const host of SHARED_HOSTS) {
      expect(await lab.onHost(host, 'sh', '-c', 'iptables -S INPUT | head -1')).toContain('-P INPUT DROP');
    }
  });

  test('what is wrong with it is one thing, and check says so: it has no network for pods yet', async () => {
    const checked = assertOk(await konvoy('check', 'kubernetes', ...UNTIL));
    expect(checked.stdout).toContain('etcd has 3 healthy members');
    expect(checked.stdout).toContain('NotReady for one reason: there is no container networking yet');
    assertOk(await konvoy('check', 'nodes', ...UNTIL));
  });

  test('a second run and a plan do nothing, and write nothing to the API', async () => {
    const before = await writes();
    const second = assertOk(await konvoy('up', '--yes', ...UNTIL));
    expect(second.stdout).toContain('Nothing to do.');
    expect((await konvoy('plan', '--exit-code', ...UNTIL)).exit).toBe(0);
    expect(await writes()).toBe(before);
  });

  test('no token and no key stood in an argument, a log, a plan, JSON or a journal', async () => {
    const logs = readdirSync(join(folder, 'runs')).map((name) => readFileSync(join(folder, 'runs', name), 'utf8'));
    const json = (await konvoy('plan', '--output', 'json', ...UNTIL)).stdout;
    const rendered = (await konvoy('render', '--all')).stdout;
    const journals = await Promise.all(
      SHARED_HOSTS.map((host) => lab.onHost(host, 'journalctl', '--no-pager', '--quiet', '--output=cat')),
    );
    const texts = [...logs, json, rendered, first.stdout, first.stderr, ...journals, ...commandLines];
    expect(commandLines.some((line) => line.startsWith('kubeadm join'))).toBe(true);
    expect(texts.filter((text) => TOKEN.test(text) || PRIVATE_KEY.test(text))).toEqual([]);
    const secrets = await kubectl(lab, folder, 'get', 'secrets', '--namespace=kube-system', '--output=name');
    expect(secrets).not.toContain('bootstrap-token');
    for (const host of SHARED_HOSTS) {
      expect((await lab.host(host, ['ls', '/run/konvoy/kubeadm.yaml'])).exit).not.toBe(0);
    }
  });

  test('nodes carry the labels that Konvoy’s users select by', async () => {
    const selector = 'konvoy.mesosphere.com/node_pool=worker';
    const found = await kubectl(lab, folder, 'get', 'nodes', `--selector=${selector}`, '--output=name');
    expect(found.split('\n')).toHaveLength(3);
  });

  test('a subnet that a living cluster cannot change is refused with the reason', async () => {
    const other = await lab.copyFolder();
    await lab.seat(['sed', '-i', 's|192.168.0.0/16|10.244.0.0/16|', 'cluster.yaml'], { cwd: other });
    const refused = await lab.konvoy(['up', '--yes', ...UNTIL], { cwd: other });
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain(
      'podSubnet is 192.168.0.0/16 in the living cluster and cannot become 10.244.0.0/16',
    );
  });

  test('a control plane without konvoy’s rules is not well, is told so, and the next run mends it', async () => {
    await lab.onHost(
      'cp3',
      'sh',
      '-c',
      "iptables-save -t filter | grep -F 'Konvoy: ' | sed 's/^-A/-D/' | while read -r rule; do eval iptables -w $rule; done; conntrack -F 2>/dev/null; true",
    );
    const checked = await konvoy('check', 'kubernetes', ...UNTIL);
    expect(checked.exit).toBe(5);
    expect(checked.stdout).toMatch(/https:\/\/10\.0\.50\.13:2379 .*2 of 3 are healthy/);
    expect((await konvoy('plan', '--exit-code', ...UNTIL)).stdout).toContain('create iptables-rules:INPUT');
    assertOk(await konvoy('up', '--yes', ...UNTIL));
    expect((await konvoy('check', 'kubernetes', ...UNTIL)).exit).toBe(0);
  });

  test('a worker that is reset leaves the cluster and its host clean; a run that is killed while it joins is finished by the next', async () => {
    assertOk(await konvoy('reset', '--limit', '10.0.50.23', '--confirm', lab.name));
    expect(await nodes()).not.toContain('node/10.0.50.23');
    const left =
      'ls -d /etc/kubernetes /var/lib/kubelet /var/lib/containerd /opt/cni /etc/cni/net.d /var/lib/calico /var/lib/konvoy 2>/dev/null; iptables-save | grep -E "KUBE|Konvoy|cali"; ip route | grep -E "blackhole|192.168"; ip -br link | grep -E "cali|vxlan"; mount | grep -E "kubelet|containerd"; true';
    expect(await lab.onHost('worker3', 'sh', '-c', left)).toBe('');
    const run = await startRun(lab, folder, ['up', '--yes', ...UNTIL]);
    await run.seen('kubeadm join', 1, 90);
    run.kill('SIGKILL');
    await run.outcome;
    const next = assertOk(await konvoy('up', '--yes', ...UNTIL));
    expect(next.stdout).toContain('cluster-member:worker');
    expect(await nodes()).toContain('node/10.0.50.23');
    expect((await konvoy('plan', '--exit-code', ...UNTIL)).exit).toBe(0);
    assertOk(await lab.lab('snapshot', 'save', KUBERNETES));
  });
});
