import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// What konvoy loads when it is needed is compiled here, before anything is measured.
import '../src/bundle/open-bundle.ts';
import '../src/bundle/read-manifest.ts';
import '../src/cli/calico-manifest.ts';
import '../src/cli/read-config.ts';
import { realWorld } from '../src/cli/real-world.ts';
import '../src/components/calico/typha.ts';
import '../src/components/index.ts';
import { createObserver } from '../src/engine/observe.ts';
import { makePlan } from '../src/engine/plan.ts';
import { kinds } from '../src/kinds/index.ts';
import { FakeConnections, FakeHost, output } from '../test/support/fake-host.ts';
import { KONVOY, measureGood, median, printTable } from './measure.ts';
import { writeWorkingFolder } from './working-folder.ts';

/** The plan of container networking for many nodes: files, desired state, what hosts say, and what differs. Hosts are in memory. */
const COMPONENTS: ReadonlySet<string> = new Set(['coredns', 'calico', 'route-reflectors']);
const RUNS = 5;

interface Figure {
  readonly seconds: number;
  readonly changes: number;
  readonly peakMiB: number;
}

/** One plan, in a process of its own: memory is that of a run. */
async function plan(folder: string, bundle: string): Promise<Figure> {
  const silent = { write: () => undefined, taken: () => Promise.resolve(), isTerminal: false, columns: 80 };
  const { signal } = new AbortController();
  const context = {
    cwd: folder,
    env: process.env,
    stdout: silent,
    stderr: silent,
    prompt: undefined,
    now: () => 0,
    random: () => 0.5,
    signal,
    exitWith: () => undefined,
  };
  const files = { config: 'cluster.yaml', inventory: 'inventory.yaml', output: 'text', color: false, bundle } as const;
  const began = performance.now();
  const { topology, components } = await realWorld.load(context, files);
  const loaded = performance.now();
  const hosts = topology.hosts.map(({ address }) => {
    const link = { ifname: 'eth0', flags: ['UP'], mtu: 1500, addr_info: [{ local: address, prefixlen: 16 }] };
    const host = new FakeHost(address).on('ip', () => output(JSON.stringify([link])));
    // There is no cluster yet, and nobody else at work.
    return host
      .on('sh', () => output('', 44))
      .on('kubectl', () => output('', 127))
      .on('cat', () => output('', 1));
  });
  const made = performance.now();
  const report = () => undefined;
  const connections = new FakeConnections(hosts);
  const observer = createObserver({ hosts: connections, report, signal, maxParallel: 64, now: () => 0 });
  const wanted = components.filter(({ name }) => COMPONENTS.has(name));
  const { plan: found } = await makePlan({ components: wanted, topology, kinds, observer, random: () => 0.5 });
  const seconds = (performance.now() - made + (loaded - began)) / 1000;
  if (found.unreadable.length > 0) throw new Error(`${found.unreadable.length} hosts could not be read`);
  return { seconds, changes: found.changes.length, peakMiB: process.resourceUsage().maxRSS / 1024 };
}

const [folder, bundle] = process.argv.slice(2);
if (folder !== undefined && bundle !== undefined) {
  console.log(JSON.stringify(await plan(folder, bundle)));
} else {
  const parts = mkdtempSync(join(tmpdir(), 'konvoy-bench-bundle-'));
  const made = join(parts, 'bundle');
  const rows: string[][] = [];
  try {
    await measureGood(['node', KONVOY, 'bundle', 'build', '--from-packages', '--dir', made]);
    for (const hosts of [100, 5000]) {
      const working = writeWorkingFolder(hosts);
      const figures: Figure[] = [];
      for (let run = 0; run < RUNS; run++) {
        const command = ['npx', '--no-install', 'tsx', fileURLToPath(import.meta.url), working, made] as const;
        figures.push(JSON.parse((await measureGood([...command])).output));
      }
      rmSync(working, { recursive: true });
      const seconds = figures.map((figure) => figure.seconds);
      const peak = Math.max(...figures.map((figure) => figure.peakMiB));
      rows.push([`${hosts} nodes`, `${figures[0]?.changes}`, median(seconds).toFixed(2), peak.toFixed(0)]);
    }
  } finally {
    rmSync(parts, { recursive: true });
  }
  printTable(['Plan of container networking', 'changes', 'median, s', 'peak memory, MiB'], rows);
  console.log('wanted for 5000 nodes: 2 s, 300 MiB');
}
