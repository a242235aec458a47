import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type Document, parseAllDocuments } from 'yaml';
import { inLab, KONVOY, LAB, type Measured, measureGood, median, PEAK_WORDS, peakMiB, printTable } from './measure.ts';
import { type LogLine, newestLog, printStages } from './run-log.ts';

/**
 * From booted hosts to a cluster of three control planes and two workers, by stage, with the bundle in the cache: how much
 * of it is konvoy's own, and what is left to do afterwards costs. Beside it the same members made by hand with kubeadm and
 * konvoy's configuration, on the same hosts with programs and images in place.
 */
const RUNS = Number(process.env.KONVOY_BENCH_RUNS ?? '3');
/** A snapshot of hosts with everything but Kubernetes on them. */
const PREPARED = 'prepared';
const CONTROL_PLANES = ['10.0.50.11', '10.0.50.12', '10.0.50.13'] as const;
const [FIRST, ...OTHERS] = CONTROL_PLANES;
const WORKERS = ['10.0.50.21', '10.0.50.22'] as const;
const NAMES: Readonly<Record<string, string>> = Object.fromEntries([
  ...CONTROL_PLANES.map((host, index) => [host, `cp${index + 1}`]),
  ...WORKERS.map((host, index) => [host, `worker${index + 1}`]),
]);
const ENDPOINT = '10.0.50.20:6443';
const UNTIL = ['--until', 'kubernetes'] as const;
const folder = mkdtempSync(join(tmpdir(), 'konvoy-bench-'));

const konvoy = (...args: string[]) => measureGood(inLab(...PEAK_WORDS, 'node', KONVOY, ...args), { cwd: folder });
const lab = (...args: string[]) => measureGood(['node', KONVOY, 'lab', ...args, '--name', LAB], { cwd: folder });

/** Kinds whose writes are waiting for somebody else: the package manager, a transfer, containerd's import. */
const OTHERS_WORK = / (package|program|images):/;

/** Milliseconds of a run in which at least one host was in kubeadm, a transfer, an import or the package manager. */
function othersTime(log: readonly LogLine[]): number {
  const begun = new Map<string, number>();
  const spans: [number, number][] = [];
  for (const { time, is, change, step } of log) {
    const isMember = change.includes(' cluster-member:');
    if (is === 'change-started' && OTHERS_WORK.test(change)) begun.set(change, time);
    if (is === 'change-step' && isMember && step.startsWith('kubeadm')) begun.set(change, time);
    const from = begun.get(change);
    if (is === 'change-done' && from !== undefined) spans.push([from, time]);
  }
  let [sum, end] = [0, 0];
  for (const [from, until] of spans.sort(([a], [b]) => a - b)) {
    sum += Math.max(0, until - Math.max(from, end));
    end = Math.max(end, until);
  }
  return sum;
}

/** Runs `up` until Kubernetes is next, and keeps the hosts as they are then. */
async function prepareHosts(): Promise<void> {
  const [file, ...args] = inLab('node', KONVOY, 'up', '--yes', ...UNTIL);
  const child = spawn(file, args, { cwd: folder, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const known = new Set(readdirSync(join(folder, 'runs')));
  const isNext = () => {
    const name = readdirSync(join(folder, 'runs')).find((each) => !known.has(each));
    if (name === undefined) return false;
    return readFileSync(join(folder, 'runs', name), 'utf8').includes('"stage":"control-plane"');
  };
  while (!isNext()) await sleep(20);
  child.kill('SIGINT');
  await ended;
  await lab('snapshot', 'save', PREPARED);
}

/** A command as root on a host, without SSH; `input` goes to its standard input. */
async function onHost(address: string, script: string, input = ''): Promise<string> {
  const name = NAMES[address] ?? '';
  const [file, ...args] = ['node', KONVOY, 'lab', 'exec', '--name', LAB, '--host', name, '--', 'sh', '-c', script];
  return (await execa(file ?? '', args, { cwd: folder, input })).stdout;
}

/** kubeadm's documents of a host, as konvoy would write them. */
async function documentsOf(host: string): Promise<readonly Document[]> {
  const rendered = await measureGood(inLab('node', KONVOY, 'render', '--all', '--output', 'json'), { cwd: folder });
  const resources: { address: string; body?: string[] }[] = JSON.parse(rendered.output).resources;
  const body = resources.find(({ address }) => address.startsWith(`${host} cluster-member:`))?.body ?? [];
  return parseAllDocuments(body.join('\n'));
}

const print = (documents: readonly Document[]) => documents.map((document) => String(document)).join('---\n');

/** kubeadm's own way to the same members: init, then joins with the token and the key that it prints. Seconds in kubeadm. */
async function byHand(): Promise<number> {
  const documents = new Map<string, readonly Document[]>(
    await Promise.all([...CONTROL_PLANES, ...WORKERS].map(async (host) => [host, await documentsOf(host)] as const)),
  );
  const kindOf = (document: Document) => String(document.get('kind'));
  const init = (documents.get(FIRST) ?? []).filter((document) =>
    /^(Init|Cluster|Kubelet|KubeProxy)/.test(kindOf(document)),
  );
  const began = performance.now();
  const said = await onHost(
    FIRST,
    'cat >/root/init.yaml; kubeadm init --config=/root/init.yaml --upload-certs',
    print(init),
  );
  const [, token = ''] = /--token (\S+)/.exec(said) ?? [];
  const [, hash = ''] = /--discovery-token-ca-cert-hash (\S+)/.exec(said) ?? [];
  const [, certificateKey = ''] = /--certificate-key (\S+)/.exec(said) ?? [];
  const joins = async (host: string) => {
    const [document] = (documents.get(host) ?? []).filter((each) => kindOf(each) === 'JoinConfiguration');
    if (document === undefined) throw new Error(`konvoy renders no join of ${host}`);
    const bootstrapToken = { apiServerEndpoint: ENDPOINT, token, caCertHashes: [hash] };
    document.set('discovery', { bootstrapToken });
    if (document.has('controlPlane')) document.setIn(['controlPlane', 'certificateKey'], certificateKey);
    await onHost(host, 'cat >/root/join.yaml; kubeadm join --config=/root/join.yaml', print([document]));
  };
  for (const host of OTHERS) await joins(host);
  await Promise.all(WORKERS.map(joins));
  return (performance.now() - began) / 1000;
}

async function several(count: number, ...args: string[]): Promise<{ seconds: number; peak: number }> {
  const runs: Measured[] = [];
  for (let run = 0; run < count; run += 1) runs.push(await konvoy(...args));
  return { seconds: median(runs.map(({ seconds }) => seconds)), peak: Math.max(...runs.map(peakMiB)) };
}

async function main(): Promise<void> {
  await lab('up', '--dir', folder, '--control-planes', '3', '--workers', '2');
  await lab('snapshot', 'save', 'fresh');
  const up = await konvoy('up', '--yes', ...UNTIL);
  const log = newestLog(folder);
  printStages(log);
  const whole = (log.at(-1)?.time ?? 0) - (log[0]?.time ?? 0);
  const own = 100 * (1 - othersTime(log) / whole);
  const again = await several(RUNS, 'up', '--yes', ...UNTIL);
  const plan = await several(RUNS, 'plan', ...UNTIL);
  await lab('snapshot', 'restore', 'fresh');
  await prepareHosts();
  const hand = await byHand();
  await lab('snapshot', 'restore', PREPARED);
  const prepared = await konvoy('up', '--yes', ...UNTIL);
  printTable(
    ['Five members on the lab', 's', 'peak memory of konvoy, MiB'],
    [
      ['`konvoy up` from booted hosts', up.seconds.toFixed(1), peakMiB(up).toFixed(0)],
      [
        '`konvoy up` where programs and images are on the hosts',
        prepared.seconds.toFixed(1),
        peakMiB(prepared).toFixed(0),
      ],
      ['kubeadm by hand on those hosts', hand.toFixed(1), ''],
      [`\`konvoy up\` with nothing to do, median of ${RUNS}`, again.seconds.toFixed(1), again.peak.toFixed(0)],
      [`\`konvoy plan\` with nothing to do, median of ${RUNS}`, plan.seconds.toFixed(1), plan.peak.toFixed(0)],
    ],
  );
  console.info(
    `konvoy's own share of the first (not in kubeadm, transfer, import or the package manager): ${own.toFixed(0)} %`,
  );
}

try {
  await main();
} finally {
  await lab('down');
  rmSync(folder, { recursive: true, force: true });
}
