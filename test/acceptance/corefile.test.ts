import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KUBEADM_COREFILE, SEED_COREFILE } from '../../src/components/coredns/cases/corefiles.ts';
import { dnsAnswer } from '../../src/facts/dns-answer.ts';
import { networkLab, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';

const NAMESPACE = '--namespace=kube-system';
/** kubeadm gives them the first and the tenth address of the lab's serviceSubnet. */
const API_SERVICE = '10.0.51.1';
const DNS_SERVICE = '10.0.51.10';
const NAME = 'kubernetes.default.svc.cluster.local';

/** The documentation's text with something of a user's in it. */
const USER_COREFILE = SEED_COREFILE.replace(
  '    loop\n',
  '    # the office\n    hosts {\n       10.0.50.99 printer.example.org\n       fallthrough\n    }\n    loop\n',
);

/** What the DNS Service answers a host; undefined: nothing. */
async function ask(lab: Lab, name: string) {
  const question = { server: DNS_SERVICE, port: 53, name };
  return dnsAnswer.parse(await lab.host('cp1', dnsAnswer.command(question)), question);
}

const HTTP = 'exec 3<>"/dev/tcp/$1/$2"; printf "GET %s HTTP/1.0\\r\\n\\r\\n" "$3" >&3; cat <&3';

const STOP = '/run/corefile-probe-stop';
const AGAIN = 'again';
/**
 * Asks until a file is there, ten times a second at most, and prints an exit code and an answer on each line. Who gets none
 * in two seconds asks once more, as every resolver does, and says so.
 */
const PROBE = [
  `rm -f ${STOP}`,
  `while [ ! -e ${STOP} ]; do out=$("$@" 2>&1) || { echo ${AGAIN}; out=$("$@" 2>&1); }; echo "$? "$out; sleep 0.1; done`,
].join('; ');

/** Asks the Service for a name again and again, from a host, until `stop`. */
function probe(lab: Lab) {
  const question = { server: DNS_SERVICE, port: 53, name: NAME };
  const asking = lab.host('cp1', ['bash', '-c', PROBE, 'bash', ...dnsAnswer.command(question)]);
  const isRight = (line: string) => {
    const [exit, ...words] = line.split(' ');
    const answer =
      exit === '0' ? dnsAnswer.parse({ exit: 0, stdout: words.join(' '), stderr: '' }, question) : undefined;
    return answer?.addresses.includes(API_SERVICE) ?? false;
  };
  return {
    async stop() {
      await lab.onHost('cp1', 'touch', STOP);
      const lines = (await asking).stdout.split('\n');
      const answers = lines.filter(isRight).length;
      const again = lines.filter((line) => line === AGAIN).length;
      console.info(`${answers} right answers, ${again} of them to a question that was asked again`);
      return { answers, failures: lines.filter((line) => line !== AGAIN && !isRight(line)) };
    },
  };
}

describeAsRoot('CoreDNS and its Corefile on a real cluster', () => {
  let lab: Lab;
  let folder: string;
  let original: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const corefile = async () => {
    const text = await kubectl(
      lab,
      folder,
      NAMESPACE,
      'get',
      'configmap',
      'coredns',
      '--output=jsonpath={.data.Corefile}',
    );
    // What a command prints comes without its last line break.
    return `${text}\n`;
  };
  const edit = (text: string) =>
    kubectl(
      lab,
      folder,
      NAMESPACE,
      'patch',
      'configmap',
      'coredns',
      `--patch=${JSON.stringify({ data: { Corefile: text } })}`,
    );
  const canaries = () =>
    kubectl(
      lab,
      folder,
      NAMESPACE,
      'get',
      'pods,configmaps',
      '--selector=app.kubernetes.io/component=corefile-canary',
      '--output=name',
    );

  beforeAll(async () => {
    lab = await networkLab();
    folder = await lab.copyFolder();
    original = await corefile();
  }, 300_000);
  afterAll(() => edit(original));

  test('kubeadm’s own text passes, and there is nothing to migrate', async () => {
    const checked = await konvoy('check', 'kubernetes');
    expect(checked.stdout).toMatch(/the Corefile suits this CoreDNS .*\[OK\] CoreDNS 1\.14\.2/);
    expect(checked.stdout).toMatch(/pods of CoreDNS are ready +\[OK\] 2 of 2/);
    expect(original).toBe(KUBEADM_COREFILE);
    expect(assertOk(await konvoy('migrate', 'corefile')).stdout).toContain('There is nothing to migrate');
  });

  test('each plugin of it is at work', async () => {
    const pods = await kubectl(
      lab,
      folder,
      NAMESPACE,
      'get',
      'pods',
      '--selector=k8s-app=kube-dns',
      '--output=jsonpath={.items[*].status.podIP}',
    );
    const [pod = ''] = pods.split(' ');
    const http = (port: number, path: string) => lab.onHost('cp1', 'bash', '-c', HTTP, 'bash', pod, `${port}`, path);
    // health, ready, prometheus; reload counts what it refuses, and cache what it keeps.
    expect(await http(8080, '/health')).toMatch(/200 OK[\s\S]*OK$/);
    expect(await http(8181, '/ready')).toMatch(/200 OK[\s\S]*OK$/);
    // forward asks the lab's name server, where nobody is, and errors says so.
    expect(await ask(lab, 'outside.example.org')).toEqual({ code: 2, addresses: [] });
    const logs = await kubectl(lab, folder, NAMESPACE, 'logs', '--selector=k8s-app=kube-dns', '--tail=-1');
    expect(logs).toContain('plugin/errors: 2 outside.example.org.');
    // kubernetes: a Service for 30 s, and pods by their address (`pods insecure`).
    const service = await lab.host('cp1', dnsAnswer.command({ server: DNS_SERVICE, port: 53, name: NAME }));
    expect(service.stdout.replaceAll(/\s+/g, ' ')).toContain(' 00 00 00 1e 00 04 0a 00 33 01');
    expect(await ask(lab, '192-168-7-9.default.pod.cluster.local')).toMatchObject({ addresses: ['192.168.7.9'] });
    const metrics = await http(9153, '/metrics');
    for (const name of ['coredns_dns_requests_total', 'coredns_reload_failed_total', 'coredns_cache_misses_total']) {
      expect(metrics).toContain(name);
    }
    // loadbalance: the first of two addresses is not always the same one.
    const headless = ['expose', 'deployment', 'coredns', '--name=corefile-headless', '--cluster-ip=None', '--port=53'];
    await kubectl(lab, folder, NAMESPACE, ...headless);
    try {
      const firsts = new Set<string>();
      for (let time = 0; time < 40 && firsts.size < 2; time += 1) {
        const answer = await ask(lab, 'corefile-headless.kube-system.svc.cluster.local');
        if (answer?.addresses.length === 2) firsts.add(answer.addresses[0] ?? '');
      }
      expect(firsts.size).toBe(2);
    } finally {
      await kubectl(lab, folder, NAMESPACE, 'delete', 'service', 'corefile-headless');
    }
  });

  test('the documentation’s text is found out, and mended without a failed answer', async () => {
    const asking = probe(lab);
    await edit(USER_COREFILE);
    const checked = await konvoy('check', 'kubernetes');
    expect(checked.exit).toBe(5);
    expect(checked.stdout).toContain('Corefile:6:8: the option upstream of kubernetes is gone since CoreDNS 1.7.0');
    expect(checked.stdout).toContain('there is no ready: the kubelet asks port 8181 for /ready');
    const began = performance.now();
    const migrated = assertOk(await konvoy('migrate', 'corefile', '--apply', '--yes'));
    const seconds = (performance.now() - began) / 1000;
    expect(migrated.stdout).toContain('Every pod of CoreDNS serves the new Corefile.');
    for (let time = 0; time < 5; time += 1) {
      expect(await ask(lab, 'printer.example.org')).toEqual({ code: 0, addresses: ['10.0.50.99'] });
    }
    expect(await corefile()).toContain('    # the office\n    hosts {\n       10.0.50.99 printer.example.org\n');
    const backup =
      readdirSync(folder)
        .filter((name) => name.startsWith('Corefile.backup-'))
        .sort()
        .at(-1) ?? '';
    expect(readFileSync(join(folder, backup), 'utf8')).toBe(USER_COREFILE);
    expect((await konvoy('check', 'kubernetes')).stdout).toMatch(/the Corefile suits this CoreDNS .*\[OK\]/);
    const { answers, failures } = await asking.stop();
    console.info(`migrate corefile --apply took ${seconds.toFixed(1)} s`);
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(20);
  }, 150_000);

  test.each([
    ['names no name server', '10.0.50.300', 'not an IP address or file: "10.0.50.300"'],
    ['asks CoreDNS itself', '127.0.0.1', 'plugin/loop: Loop'],
  ])('a text that %s is refused by the canary, and DNS goes on', async (_, upstream, reason) => {
    const asking = probe(lab);
    const wrong = USER_COREFILE.replace('/etc/resolv.conf', upstream);
    await edit(wrong);
    const refused = await konvoy('migrate', 'corefile', '--apply', '--yes');
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('CoreDNS does not run with the new Corefile: it has ended');
    expect(refused.stderr).toContain(reason);
    expect(await corefile()).toBe(wrong);
    await edit(original);
    const { answers, failures } = await asking.stop();
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(5);
    for (let second = 0; second < 10 && (await canaries()) !== ''; second += 1) await sleep(1000);
    expect(await canaries()).toBe('');
  });

  test('a second run and the user’s own text: konvoy does not take it back', async () => {
    await edit(`${original}# mine\n`);
    expect(assertOk(await konvoy('up', '--yes')).stdout).toContain('Nothing to do.');
    expect(await corefile()).toBe(`${original}# mine\n`);
  });
});
