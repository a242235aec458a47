import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { dnsAnswer } from '../../src/facts/dns-answer.ts';
import { expectClearFailure } from '../support/clear-failure.ts';
import { kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, sharedLab } from '../support/lab.ts';

const SYSTEM = '--namespace=kube-system';
/** kubeadm gives them the first and the tenth address of the lab's serviceSubnet. */
const API_SERVICE = '10.0.51.1';
const DNS_SERVICE = '10.0.51.10';
/** Every lab has these. */
const HOSTS = ['cp1', 'worker1', 'worker2'] as const;
/** Milliseconds without a new connection while the mode changes: a node's kube-proxy starts anew and writes all its rules. */
const LONGEST_GAP_MS = 8000;

const STOP = '/run/connect-stop';
/** Makes a new connection every 50 ms, and prints the time in milliseconds for each that stands within half a second. */
const CONNECT = [
  `rm -f ${STOP}`,
  `while [ ! -e ${STOP} ]; do timeout 0.5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' sh "$1" "$2" 2>/dev/null && echo "ok $(date +%s%3N)" || echo "no $(date +%s%3N)"; sleep 0.05; done`,
].join('; ');

/** New connections from a host to a Service until `stop`, which says what came of them. */
function connecting(lab: Lab, host: string) {
  const run = lab.host(host, ['bash', '-c', CONNECT, 'bash', API_SERVICE, '443']);
  return {
    async stop() {
      await lab.onHost(host, 'touch', STOP);
      const lines = (await run).stdout.split('\n').map((line) => line.split(' '));
      const good = lines.filter(([word]) => word === 'ok').map(([, time]) => Number(time));
      const longestGapMs = Math.max(...good.map((time, index) => time - (good[index - 1] ?? time)));
      return { host, sent: lines.length, lost: lines.length - good.length, longestGapMs };
    },
  };
}

describeAsRoot('kube-proxy, names and the user’s manifests on a real cluster', () => {
  let lab: Lab;
  let folder: string;
  let original: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const nothingToDo = async () => {
    const plan = await konvoy('plan', '--exit-code');
    expect(plan.stdout).toContain('Nothing to do.');
    expect(plan.exit).toBe(0);
  };
  const read = (name: string, key: string) =>
    kubectl(lab, folder, SYSTEM, 'get', 'configmap', name, `--output=jsonpath={.data.${key}}`);
  const write = (name: string, key: string, text: string) =>
    kubectl(lab, folder, SYSTEM, 'patch', 'configmap', name, `--patch=${JSON.stringify({ data: { [key]: text } })}`);
  /** cluster.yaml of the lab with other values. */
  const configure = (...values: readonly (readonly [readonly string[], unknown])[]) => {
    const [cluster = '', ...others] = original.split(/^---$/m);
    const document = parseDocument(cluster);
    for (const [path, value] of values) document.setIn(['spec', 'kubernetes', ...path], value);
    writeFileSync(join(folder, 'cluster.yaml'), [String(document), ...others].join('---'));
  };

  beforeAll(async () => {
    lab = await sharedLab();
    folder = await lab.copyFolder();
    original = readFileSync(join(folder, 'cluster.yaml'), 'utf8');
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
  }, 600_000);

  describe('the two edits of the documentation, made by hand', () => {
    test('of the ConfigMap kube-proxy: it is taken to the pods, survives, and then there is nothing to do', async () => {
      const text = (await read('kube-proxy', 'config\\.conf')).replace(
        'metricsBindAddress: ""',
        'metricsBindAddress: 0.0.0.0:10249 # mine',
      );
      await write('kube-proxy', 'config.conf', text);
      const plan = await konvoy('plan', '--exit-code');
      expect(plan.exit).toBe(4);
      expect(plan.stdout).toMatch(/restart .*kube-proxy/);
      assertOk(await konvoy('up', '--yes'));
      expect(await read('kube-proxy', 'config\\.conf')).toBe(text);
      await nothingToDo();
      for (const host of HOSTS) {
        // It listens at every address now, which is what the edit asks for.
        expect(await lab.onHost(host, 'sh', '-c', 'ss -Hltn "sport = :10249"')).toMatch(/(\*|0\.0\.0\.0):10249/);
      }
    });

    test('of the ConfigMap coredns: it survives, beside konvoy’s own part, and names are answered', async () => {
      const text = (await read('coredns', 'Corefile')).replace('    loop\n', '    # mine\n    loop\n');
      await write('coredns', 'Corefile', `${text}\n`);
      assertOk(await konvoy('up', '--yes'));
      await nothingToDo();
      configure([['dns'], { hosts: [{ address: '10.0.50.99', names: ['printer.example.org'] }], replicas: 3 }]);
      expect((await konvoy('plan')).stdout).toMatch(/\+ *printer\.example\.org:53 \{/);
      assertOk(await konvoy('up', '--yes'));
      await nothingToDo();
      const question = { server: DNS_SERVICE, port: 53, name: 'printer.example.org' };
      for (let time = 0; time < 6; time += 1) {
        const said = await lab.host('worker1', dnsAnswer.command(question));
        expect(dnsAnswer.parse(said, question)).toEqual({ code: 0, addresses: ['10.0.50.99'] });
      }
      expect(await read('coredns', 'Corefile')).toContain('    # mine\n    loop\n');
      configure();
      assertOk(await konvoy('up', '--yes'));
      expect((await read('coredns', 'Corefile')).trim()).toBe(text.trim());
      await nothingToDo();
    });

    test('a misspelt field is told with its place, and a text that cannot be read stops a run', async () => {
      const text = await read('kube-proxy', 'config\\.conf');
      await write('kube-proxy', 'config.conf', text.replace('strictARP:', 'strictArp:'));
      const said = /config\.conf:\d+:\d+: ipvs\.strictArp is no field of KubeProxyConfiguration/;
      expect((await konvoy('plan')).stdout).toMatch(said);
      expect((await konvoy('check', 'kubernetes')).stdout).toMatch(said);
      await write('kube-proxy', 'config.conf', 'mode: [');
      expectClearFailure(await konvoy('up', '--yes'), {
        exit: 1,
        says: /config\.conf:1:\d+/,
        hint: /edit configmap kube-proxy/,
      });
      await write('kube-proxy', 'config.conf', text);
      await nothingToDo();
    });
  });

  test('manifests in extras/kubernetes are applied, mended, and go with their file', async () => {
    const extras = join(folder, 'extras', 'kubernetes');
    mkdirSync(extras, { recursive: true });
    const manifest = (object: object) => `---\n${JSON.stringify(object)}\n`;
    const settings = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'shop' },
      data: { color: 'red' },
    };
    const unnamed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'in-default' }, data: { a: 'b' } };
    const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    writeFileSync(join(extras, 'a.yaml'), manifest(settings) + manifest(unnamed));
    writeFileSync(join(extras, 'b.yaml'), manifest(shop));
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
    const color = () =>
      kubectl(lab, folder, '--namespace=shop', 'get', 'configmap', 'settings', '--output=jsonpath={.data.color}');
    expect(await color()).toBe('red');
    await kubectl(
      lab,
      folder,
      '--namespace=shop',
      'patch',
      'configmap',
      'settings',
      '--patch={"data":{"color":"blue","mine":"kept"}}',
    );
    const drifted = await konvoy('plan', '--exit-code');
    expect(drifted.exit).toBe(1);
    expect(drifted.stdout).toMatch(/others manage fields .*kubectl-patch/);
    await kubectl(lab, folder, '--namespace=shop', 'delete', 'configmap', 'settings');
    assertOk(await konvoy('up', '--yes'));
    expect(await color()).toBe('red');
    rmSync(join(extras, 'a.yaml'));
    assertOk(await konvoy('up', '--yes'));
    expect(
      await kubectl(
        lab,
        folder,
        'get',
        'configmaps',
        '--all-namespaces',
        '--selector=konvoy.mesosphere.com/component=extras',
        '--output=name',
      ),
    ).toBe('configmap/konvoy-extras');
    rmSync(extras, { recursive: true });
    assertOk(await konvoy('up', '--yes'));
    await nothingToDo();
    expect(
      (
        await lab.seat(['kubectl', '--kubeconfig=admin.conf', SYSTEM, 'get', 'configmap', 'konvoy-extras'], {
          cwd: folder,
        })
      ).exit,
    ).toBe(1);
  });

  describe('the mode of kube-proxy', () => {
    const change = async (mode: string) => {
      configure([['networking', 'kubeProxy', 'mode'], mode]);
      expectClearFailure(await konvoy('up', '--yes'), { exit: 1, says: /changes-proxy-mode/, hint: /--accept/ });
      const loops = HOSTS.map((host) => connecting(lab, host));
      const began = performance.now();
      const outcome = await konvoy('up', '--yes', '--accept', 'changes-proxy-mode');
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      for (const { host, sent, lost, longestGapMs } of await Promise.all(loops.map((loop) => loop.stop()))) {
        console.info(
          `to ${mode} in ${seconds} s: ${host} to a Service: ${lost} of ${sent} failed, longest gap ${longestGapMs} ms`,
        );
        expect(sent).toBeGreaterThan(50);
        expect(longestGapMs).toBeLessThan(LONGEST_GAP_MS);
      }
      assertOk(outcome);
      await nothingToDo();
      const verified = assertOk(await konvoy('verify')).stdout;
      console.info(
        verified
          .split('\n')
          .filter((line) => /Service|node port|passed/.test(line))
          .join('\n'),
      );
      expect(verified).toMatch(
        mode === 'nftables'
          ? /virtual address answers at the node port +\[SKIPPED\] with nftables/
          : /virtual address answers at the node port +\[OK\]/,
      );
    };
    /** Chains of iptables for Services, and the tables of nftables, on a host. */
    const rulesOn = (host: string) =>
      lab.onHost(
        host,
        'sh',
        '-c',
        'iptables-save | grep -cE "^:KUBE-(SVC|SEP|SERVICES|PROXY)"; nft list tables | grep kube-proxy; iptables-save | grep -c "^:KUBE-KUBELET-CANARY"; true',
      );

    test('changes to nftables with Services answering, and its old rules go', async () => {
      await change('nftables');
      for (const host of HOSTS)
        expect(await rulesOn(host)).toMatch(/^0\ntable ip kube-proxy\n(table ip6 kube-proxy\n)?[1-9]/);
    });

    test('changes back to iptables in the same way', async () => {
      await change('iptables');
      for (const host of HOSTS) expect(await rulesOn(host)).toMatch(/^[1-9]\d+\n[1-9]/);
    });
  });
});
