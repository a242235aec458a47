import { metallb } from '../src/components/metallb/index.ts';
import { impactOf } from '../src/components/metallb/dangers.ts';
import { metallbConfigSchema } from '../src/components/metallb/schema.ts';
import { translateConfig } from '../src/components/metallb/translate.ts';
import { metallbState } from '../src/facts/metallb-state.ts';
import { topologyOf } from '../test/support/stand-in-kinds.ts';
import { median, printTable } from './measure.ts';

/** What a change of address pools does to living services: from kubectl's output to the list of those who lose something. */
const POOLS = 200;
const SERVICES = 20_000;
const RUNS = 7;
const HOST = '10.0.50.11';

/** Each pool has a /24, or the lower half of one. */
function configOf(prefix: number) {
  const pools = Array.from({ length: POOLS }, (_, index) => ({
    name: `pool-${index}`,
    protocol: 'layer2',
    addresses: [`20.0.${index}.0/${prefix}`],
  }));
  return translateConfig(metallbConfigSchema.parse({ 'address-pools': pools }), []);
}

function outputOf(): string {
  const perPool = SERVICES / POOLS;
  const lines = Array.from({ length: SERVICES }, (_, index) => {
    const [pool, place] = [Math.floor(index / perPool), 80 + (index % perPool)];
    const fields = [`space-${index % 50}`, `service-${index}`, `20.0.${pool}.${place}`, '', '', '', '', ''];
    return `${[...fields, `pool-${pool}`, '', '{"app":"shop","tier":"web"}'].join('\t')}\n`;
  });
  const objects = configOf(24).objects.map(({ object }) => `${JSON.stringify(object)}\n`);
  return `${lines.join('')}--secrets\n--objects\n${objects.join('')}`;
}

const stdout = outputOf();
const wanted = configOf(25);
/** Milliseconds of the clock, and of the processor: on a machine with other work only the latter says much. */
interface Moment {
  readonly clock: number;
  readonly processor: number;
}
function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { clock: performance.now(), processor: (user + system) / 1000 };
}
const since = (from: Moment, to: Moment): Moment => ({
  clock: to.clock - from.clock,
  processor: to.processor - from.processor,
});
const parts = { read: [] as Moment[], impact: [] as Moment[], all: [] as Moment[] };
let affected = 0;
for (let run = 0; run < RUNS; run += 1) {
  const began = now();
  const found = metallbState.parse({ exit: 0, stdout, stderr: '' }, { address: HOST, port: 6443 });
  const read = now();
  const section = { enabled: true, values: {}, path: [], at: HOST, wanted, found };
  affected = impactOf(section).length;
  const judged = now();
  metallb.desired(section, topologyOf([[HOST, 'control-plane']]));
  parts.read.push(since(began, read));
  parts.impact.push(since(read, judged));
  parts.all.push(since(began, now()));
}
// Those of each pool whose addresses end with 128 or more.
if (affected !== (SERVICES / POOLS - 48) * POOLS) throw new Error(`${affected} services are affected`);
const shown = (moments: readonly Moment[]) =>
  (['clock', 'processor'] as const).map((which) => `${median(moments.map((each) => each[which])).toFixed(0)} ms`);
console.log(
  `${SERVICES} services, ${POOLS} pools that lose their upper half, ${affected} services affected; median of ${RUNS} runs`,
);
printTable(
  ['step', 'time', 'of the processor'],
  [
    [`kubectl's output read (${(stdout.length / 1e6).toFixed(1)} MB)`, ...shown(parts.read)],
    ['impact', ...shown(parts.impact)],
    ['both, and everything that is wanted of MetalLB with its dangers (impact once more)', ...shown(parts.all)],
  ],
);
