import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pLimit from 'p-limit';
import { type BgpNode, type BgpRouting, CLUSTER_ID, isReflector } from '../src/core/bgp-routing.ts';
import { expectedSessions } from '../src/core/bgp-sessions.ts';
import { median, printTable } from './measure.ts';

/**
 * A mesh of BIRDs beside three route reflectors for the same nodes: sessions, memory, processor time and how long a new route
 * takes to every node. One network namespace for each node, all on one bridge in a namespace of its own, without a way out;
 * sessions are those that konvoy expects of Calico. Debian's BIRD 1.6.8, the release that Calico's own is made from.
 */
const SIZES = (process.env.KONVOY_BENCH_NODES ?? '100,200').split(',').map(Number);
const REFLECTORS = 3;
const AS_NUMBER = 64_512;
/** How often the new route is told and taken back. */
const TIMES = 5;
const MESH: Pick<BgpRouting, 'mesh' | 'peering'> = { mesh: 'on', peering: 'none' };
const REFLECTED: Pick<BgpRouting, 'mesh' | 'peering'> = { mesh: 'off-by-konvoy', peering: 'ours' };
const PREFIX = 'konvoy-bgp-bench';
const BRIDGE = `${PREFIX}-0`;
const NEW_ROUTE = '192.168.255.192/26';

const folder = mkdtempSync(join(tmpdir(), 'konvoy-bench-'));
const limit = pLimit(availableParallelism() * 2);
const namespaceOf = (index: number) => `${PREFIX}-${index + 1}`;
const addressOf = (index: number) => `10.0.${100 + Math.floor(index / 250)}.${(index % 250) + 1}`;
const blockOf = (index: number) => `192.168.${Math.floor(index / 4)}.${(index % 4) * 64}/26`;

function nodesOf(count: number, reflectors: number): readonly BgpNode[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `n${index}`,
    address: addressOf(index),
    ready: true,
    labelled: index < reflectors,
    clusterId: index < reflectors ? CLUSTER_ID : undefined,
  }));
}

/** BIRD's configuration of a node, the way Calico's template has it: one protocol for each session. */
function printBird(index: number, routing: BgpRouting, route: string): string {
  const node = routing.nodes[index];
  if (node === undefined) throw new Error(`no node ${index}`);
  const isOurs = isReflector(node);
  const sessions = expectedSessions(node, routing).map(({ origin, peer }) => {
    const other = routing.nodes.find(({ address }) => address === peer);
    const client =
      isOurs && other !== undefined && !isReflector(other) ? `rr client; rr cluster id ${CLUSTER_ID};` : '';
    // One end of each session in a mesh waits to be called, as with Calico.
    const passive = origin === 'Mesh' && String(peer) < String(node.address) ? 'passive on;' : '';
    return `protocol bgp ${origin}_${peer.replaceAll('.', '_')} { local as ${AS_NUMBER}; neighbor ${peer} as ${AS_NUMBER}; import all; export all; add paths on; graceful restart; connect delay time 2; connect retry time 5; error wait time 5,30; ${passive} ${client} }`;
  });
  return [
    `router id ${node.address};`,
    'protocol device { scan time 60; }',
    `protocol static { ${[blockOf(index), route]
      .filter((each) => each !== '')
      .map((each) => `route ${each} blackhole;`)
      .join(' ')} }`,
    ...sessions,
    '',
  ].join('\n');
}

/** What BIRD says to a command over its control socket: each reply ends with a line that has a space behind its code. */
function ask(index: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = createConnection(join(folder, `${index}.ctl`)).setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (more: string) => {
      const isGreeting = text === '';
      text += more;
      if (isGreeting) socket.write(`${command}\n`);
      else if (/^(?!0001)\d{4} .*\n$/m.test(text.slice(text.trimEnd().lastIndexOf('\n') + 1))) {
        socket.destroy();
        resolve(text);
      }
    });
  });
}

/** Asks about every node until all answers are yes, with `pause` milliseconds between two rounds; returns the seconds that took. */
async function until(
  count: number,
  isSo: (index: number) => Promise<boolean>,
  longest: number,
  pause: number,
): Promise<number> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let left = Array.from({ length: count }, (_, index) => index);
  while (left.length > 0) {
    if (seconds() > longest) throw new Error(`${left.length} of ${count} nodes are not there after ${longest} s`);
    const answers = await Promise.all(left.map((index) => limit(() => isSo(index))));
    left = left.filter((_, at) => answers[at] !== true);
    // Questions cost the BIRDs processor time, too.
    if (left.length > 0) await sleep(pause);
  }
  return seconds();
}

async function ip(...args: readonly string[]): Promise<void> {
  await execa('ip', args);
}

/** One namespace with a bridge, one with a link to it for each node. */
async function connect(count: number): Promise<void> {
  await ip('netns', 'add', BRIDGE);
  await ip('-n', BRIDGE, 'link', 'add', 'br0', 'type', 'bridge');
  await ip('-n', BRIDGE, 'link', 'set', 'br0', 'up');
  for (let index = 0; index < count; index++) {
    const [name, link] = [namespaceOf(index), `n${index}`];
    await ip('netns', 'add', name);
    await ip('-n', BRIDGE, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    await ip('-n', BRIDGE, 'link', 'set', link, 'master', 'br0', 'up');
    await ip('-n', name, 'address', 'add', `${addressOf(index)}/16`, 'dev', 'eth0');
    await ip('-n', name, 'link', 'set', 'lo', 'up');
    await ip('-n', name, 'link', 'set', 'eth0', 'up');
  }
}

async function disconnect(): Promise<void> {
  const { stdout } = await execa('ip', ['netns', 'list']);
  const names = stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  for (const name of names.filter((each) => each.startsWith(`${PREFIX}-`))) await ip('netns', 'delete', name);
}

interface Figures {
  readonly sessions: number;
  readonly memoryMiB: number;
  readonly startSeconds: number;
  readonly cpuSeconds: number;
  readonly routeMs: number;
}

const TICKS = 100;

/** Processor time of processes in seconds, and their memory in MiB. */
function usageOf(pids: readonly number[]): { readonly cpu: number; readonly memory: number } {
  let [ticks, kib] = [0, 0];
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
    kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  }
  return { cpu: ticks / TICKS, memory: kib / 1024 };
}

/** Runs a BIRD in the namespace of each node and looks at them. */
async function run(bird: string, routing: BgpRouting): Promise<Figures> {
  const count = routing.nodes.length;
  const config = (index: number) => join(folder, `${index}.conf`);
  const birds: ChildProcess[] = [];
  const began = performance.now();
  try {
    for (let index = 0; index < count; index++) {
      writeFileSync(config(index), printBird(index, routing, ''));
      const files = ['-c', config(index), '-s', join(folder, `${index}.ctl`)];
      // In the foreground, so that its process is ours to end.
      birds.push(spawn('ip', ['netns', 'exec', namespaceOf(index), bird, '-f', ...files], { stdio: 'ignore' }));
    }
    const pids = birds.flatMap(({ pid }) => pid ?? []);
    await until(count, async (index) => existsSync(join(folder, `${index}.ctl`)), 60, 100);
    const isFull = async (index: number) => (await ask(index, 'show route count')).includes(`for ${count} networks`);
    await until(count, isFull, 600, 200);
    const startSeconds = (performance.now() - began) / 1000;
    const before = usageOf(pids);
    const times: number[] = [];
    const teller = count - 1;
    for (let time = 0; time < TIMES; time++) {
      for (const route of [NEW_ROUTE, '']) {
        writeFileSync(config(teller), printBird(teller, routing, route));
        await ask(teller, 'configure');
        const isKnown = async (index: number) => (await ask(index, `show route ${NEW_ROUTE}`)).includes(NEW_ROUTE);
        const seconds = await until(count, async (index) => (await isKnown(index)) === (route !== ''), 60, 5);
        if (route !== '') times.push(seconds);
        await sleep(500);
      }
    }
    const after = usageOf(pids);
    const sessions = routing.nodes.reduce((sum, node) => sum + expectedSessions(node, routing).length, 0) / 2;
    return {
      sessions,
      memoryMiB: after.memory,
      startSeconds,
      cpuSeconds: before.cpu,
      routeMs: median(times) * 1000,
    };
  } finally {
    const ends = birds.map((each) => once(each, 'exit'));
    for (const each of birds) each.kill();
    await Promise.all(ends);
  }
}

/** Debian's package, unpacked beside everything else. */
async function fetchBird(): Promise<string> {
  await execa('apt-get', ['download', 'bird'], { cwd: folder });
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  await execa('dpkg-deb', ['--extract', archive, 'bird'], { cwd: folder });
  return join(folder, 'bird/usr/sbin/bird');
}

const rows: string[][] = [];
try {
  const bird = await fetchBird();
  for (const count of SIZES) {
    await disconnect();
    await connect(count);
    const mesh = await run(bird, { ...MESH, nodes: nodesOf(count, 0) });
    const reflected = await run(bird, { ...REFLECTED, nodes: nodesOf(count, REFLECTORS) });
    for (const [what, each] of [
      ['mesh', mesh],
      [`${REFLECTORS} reflectors`, reflected],
    ] as const) {
      rows.push([
        `${count} nodes, ${what}`,
        String(each.sessions),
        each.memoryMiB.toFixed(0),
        each.startSeconds.toFixed(1),
        each.cpuSeconds.toFixed(1),
        each.routeMs.toFixed(0),
      ]);
    }
    const ratio = (of: (figures: Figures) => number) => (of(reflected) / of(mesh)).toFixed(3);
    rows.push([
      `${count} nodes, reflectors to mesh`,
      ratio(({ sessions }) => sessions),
      ratio(({ memoryMiB }) => memoryMiB),
      ratio(({ startSeconds }) => startSeconds),
      ratio(({ cpuSeconds }) => cpuSeconds),
      ratio(({ routeMs }) => routeMs),
    ]);
  }
} finally {
  await disconnect();
  rmSync(folder, { recursive: true, force: true });
}
printTable(
  [
    'BIRDs',
    'sessions',
    'memory of all, MiB',
    'all routes everywhere after, s',
    'processor time until then, s',
    'a new route everywhere after, ms',
  ],
  rows,
);
