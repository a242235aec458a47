import type { HttpProbe } from '../../facts/coredns-state.ts';
import type { ExpandedCorefile } from './corefile/expand-corefile.ts';
import type { ServerBlock, Statement, Word } from './corefile/syntax.ts';
import { type CorefileFinding, findingAt } from './finding.ts';

/** Plugins that listen with HTTP, and where they do so where nothing else is said (plugin/…/setup.go). */
const DEFAULT_ADDRESS: Readonly<Record<string, string>> = {
  health: ':8080',
  ready: ':8181',
  prometheus: 'localhost:9153',
  pprof: 'localhost:6053',
};

/** The port of a server block, by the scheme before its zone. */
const DEFAULT_PORT: Readonly<Record<string, number>> = {
  dns: 53,
  tls: 853,
  quic: 853,
  grpc: 443,
  https: 443,
  https3: 443,
};

/** Something that listens on a TCP port of a pod. */
interface Listener {
  readonly word: Word;
  /** The plugin's name, or `DNS`. */
  readonly by: string;
  /** Empty: every address. */
  readonly host: string;
  readonly port: number;
}

function splitAddress(address: string): { host: string; port: number } | undefined {
  const match = /^\[?([^\]]*?)\]?:(\d+)$/.exec(address);
  return match === null ? undefined : { host: match[1] ?? '', port: Number(match[2]) };
}

function httpListener({ words: [word, ...args] }: Statement): Listener | undefined {
  const usual = Object.hasOwn(DEFAULT_ADDRESS, word.text) ? DEFAULT_ADDRESS[word.text] : undefined;
  const address = usual === undefined ? undefined : splitAddress(args[0]?.text ?? usual);
  return address === undefined ? undefined : { word: args[0] ?? word, by: word.text, ...address };
}

/** A zone with the port and scheme that its server block serves it with: `dns://example.org:53`. */
function serverOf({ text }: Word): { scheme: string; zone: string; port: number } {
  const [, scheme = 'dns', rest = text] = /^(?:([a-z0-9]+):\/\/)?(.*)$/.exec(text) ?? [];
  const [, name = rest, port] = /^(.*?)(?::(\d+))?$/.exec(rest) ?? [];
  const zone = (name === '' ? '.' : name).toLowerCase().replace(/(?<=.)\.$/, '');
  return { scheme, zone, port: port === undefined ? (DEFAULT_PORT[scheme] ?? 53) : Number(port) };
}

function dnsListeners({ keys }: ServerBlock): readonly Listener[] {
  return keys.map((word) => ({ word, by: 'DNS', host: '', port: serverOf(word).port }));
}

function meet(one: Listener, other: Listener): boolean {
  return one.port === other.port && (one.host === other.host || one.host === '' || other.host === '');
}

const OWN_PORT = 'give one of them a port of its own';

/** Two of different kinds on one port: CoreDNS shares ports (SO_REUSEPORT), so each gets a part of the other's questions. */
function judgePorts(blocks: readonly ServerBlock[]): readonly CorefileFinding[] {
  const listeners = blocks.flatMap((block) => [
    ...dnsListeners(block),
    ...block.body.statements.flatMap((statement) => httpListener(statement) ?? []),
  ]);
  return listeners.flatMap((listener, index): CorefileFinding[] => {
    const other = listeners.slice(0, index).find((each) => each.by !== listener.by && meet(each, listener));
    if (other === undefined) return [];
    const message = `${listener.by} listens on port ${listener.port}, and so does ${other.by} (line ${other.word.line})`;
    return [findingAt(listener.word, 'fail', message, OWN_PORT)];
  });
}

function nameServerAddresses({ body }: ServerBlock): readonly string[] {
  const bound = body.statements.filter(({ words: [name] }) => name.text === 'bind');
  const addresses = bound.flatMap(({ words: [, ...args] }) => args.map(({ text }) => text));
  return addresses.length === 0 ? [''] : addresses;
}

/** One zone twice on one port: CoreDNS does not start with it (dnsserver/address.go). `view` tells blocks apart. */
function judgeZones(blocks: readonly ServerBlock[]): readonly CorefileFinding[] {
  const served = blocks
    .filter(({ body }) => body.statements.every(({ words: [name] }) => name.text !== 'view'))
    .flatMap((block) => block.keys.map((word) => ({ word, ...serverOf(word), at: nameServerAddresses(block) })));
  return served.flatMap((each, index): CorefileFinding[] => {
    const other = served
      .slice(0, index)
      .find(
        (before) =>
          before.scheme === each.scheme &&
          before.zone === each.zone &&
          before.port === each.port &&
          before.at.some((address) => address === '' || each.at.includes('') || each.at.includes(address)),
      );
    if (other === undefined) return [];
    const message = `the zone ${each.zone} is served on port ${each.port} already (line ${other.word.line}), and CoreDNS does not start with that`;
    return [findingAt(each.word, 'fail', message, 'make one server block of both')];
  });
}

/** Ports and zones that two want. */
export function judgeListeners({ blocks }: ExpandedCorefile): readonly CorefileFinding[] {
  return [...judgePorts(blocks), ...judgeZones(blocks)];
}

/** What the kubelet asks pods of CoreDNS. */
export interface Probes {
  readonly liveness: HttpProbe | undefined;
  readonly readiness: HttpProbe | undefined;
}

/** What comes of a probe that nobody answers. */
const CONSEQUENCE: Readonly<Record<keyof Probes, string>> = {
  liveness: 'the kubelet kills every pod of CoreDNS again and again',
  readiness: 'pods of CoreDNS never become ready, and nobody is asked for names',
};

/** The plugin that answers a path. */
const ANSWERS: ReadonlyMap<string, string> = new Map([
  ['/health', 'health'],
  ['/ready', 'ready'],
]);

const EVERYWHERE: readonly string[] = ['', '0.0.0.0', '::'];

/** The plugins that answer the kubelet's probes: whether they are there, and listen where they are asked. */
export function judgeProbes({ blocks }: ExpandedCorefile, probes: Probes): readonly CorefileFinding[] {
  const listeners = blocks.flatMap(({ body }) => body.statements.flatMap((statement) => httpListener(statement) ?? []));
  const place = blocks[0]?.keys[0] ?? { line: 1, column: 1 };
  return (['liveness', 'readiness'] as const).flatMap((kind): CorefileFinding[] => {
    const probe = probes[kind];
    const plugin = ANSWERS.get(probe?.path ?? '');
    if (probe === undefined || plugin === undefined) return [];
    const own = listeners.filter(({ by }) => by === plugin);
    if (own.some(({ port, host }) => port === probe.port && EVERYWHERE.includes(host))) return [];
    const [first] = own;
    const asked = `the kubelet asks port ${probe.port} for ${probe.path}`;
    if (first === undefined) {
      const message = `there is no ${plugin}: ${asked}, so ${CONSEQUENCE[kind]}`;
      return [findingAt(place, 'fail', message, `write ${plugin} into the server block`)];
    }
    const message = `${plugin} listens on ${first.host}:${first.port}, and ${asked}: ${CONSEQUENCE[kind]}`;
    return [findingAt(first.word, 'fail', message, `write ${plugin} without an address, or with :${probe.port}`)];
  });
}
