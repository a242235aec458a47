import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inLab, KONVOY, LAB, measureGood, median, PEAK_WORDS, peakMiB, printTable } from './measure.ts';
import { newestLog, printStages } from './run-log.ts';

/**
 * The whole of `konvoy up`, from three control planes and three workers that have booted and have nothing, until a request by
 * name through MetalLB's address and Traefik is answered, by stage, with the bundle in the cache; and what a run costs that
 * has nothing to do.
 */
const RUNS = Number(process.env.KONVOY_BENCH_RUNS ?? '3');
const DEMO = join(import.meta.dirname, '..', 'lab', 'demo');
const folder = mkdtempSync(join(tmpdir(), 'konvoy-bench-'));

const konvoy = (...args: string[]) => measureGood(inLab(...PEAK_WORDS, 'node', KONVOY, ...args), { cwd: folder });
const lab = (...args: string[]) => measureGood(['node', KONVOY, 'lab', ...args, '--name', LAB], { cwd: folder });

/** What the demo adds to a lab's folder: MetalLB, Traefik, and an application with an Ingress. */
function addDemo(): void {
  // The last section of the file is `spec`.
  const addons = readFileSync(join(DEMO, 'addons.yaml'), 'utf8').replace(/^(?=.)/gm, '  ');
  appendFileSync(join(folder, 'cluster.yaml'), addons);
  const extras = join(folder, 'extras', 'kubernetes');
  mkdirSync(extras, { recursive: true });
  cpSync(join(DEMO, 'shop.yaml'), join(extras, 'shop.yaml'));
}

async function request(): Promise<void> {
  const path = '{.status.loadBalancer.ingress[0].ip}';
  const service = ['--namespace=kubeaddons', 'get', 'service', 'traefik-kubeaddons', `--output=jsonpath=${path}`];
  const asked = await measureGood(inLab('kubectl', '--kubeconfig=admin.conf', ...service), { cwd: folder });
  const again = ['--retry', '60', '--retry-delay', '1', '--retry-all-errors', '--fail'];
  const words = ['curl', '--silent', ...again, '--header', 'Host: shop.example.com', `http://${asked.output.trim()}/`];
  await measureGood(inLab(...words), { cwd: folder });
}

async function main(): Promise<void> {
  await lab('up', '--dir', folder, '--control-planes', '3', '--workers', '3');
  addDemo();
  const began = performance.now();
  const up = await konvoy('up', '--yes');
  await request();
  const whole = (performance.now() - began) / 1000;
  printStages(newestLog(folder));
  const again = [];
  for (let run = 0; run < RUNS; run += 1) again.push(await konvoy('up', '--yes'));
  const memory = (all: readonly (typeof up)[]) => Math.max(...all.map(peakMiB)).toFixed(0);
  printTable(
    ['Three control planes, three workers', 's', 'wanted', 'peak memory of konvoy, MiB'],
    [
      ['from booted hosts to an answered request', whole.toFixed(1), '≤ 420', memory([up])],
      [
        `\`konvoy up\` with nothing to do, median of ${RUNS}`,
        median(again.map(({ seconds }) => seconds)).toFixed(1),
        '≤ 6',
        memory(again),
      ],
    ],
  );
}

try {
  await main();
} finally {
  await lab('down');
  rmSync(folder, { recursive: true, force: true });
}
