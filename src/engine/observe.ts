import pLimit from 'p-limit';
import type { ByteSource, HostConnections, HostReader } from '../connections/host.ts';
import { DEPLOYER, type HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import type { Ask, FactInput, FactView } from '../core/fact.ts';
import { askTogether } from '../core/ask-together.ts';
import type { PartSource } from '../kinds/part-source.ts';
import { FactStore } from './fact-store.ts';
import { stopIfAborted } from './interrupted.ts';

/** The only place that reads hosts. */
export interface Observer {
  /** What has been read so far. */
  readonly facts: FactView;
  /** Hosts that could not be reached during this run, with the error of the first attempt. */
  readonly unreachable: ReadonlyMap<HostAddress, ConnectionError>;
  /** Asks whatever has no answer yet: one batch for each host, hosts beside each other. A dead host throws nothing. */
  observe(asks: readonly Ask[]): Promise<void>;
  /** Drops what is known of a host, also that it was dead. */
  forget(host: HostAddress): void;
}

export interface ObserverOptions {
  readonly hosts: HostConnections;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** How many hosts are asked at once, 1 or more. */
  readonly maxParallel: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The bundle, for questions that want something of it; opened when the first of them is asked. */
  readonly parts?: () => Promise<PartSource | undefined>;
}

/** A text, and other bytes behind it. */
function textBefore(text: string, { size, bytes }: ByteSource): ByteSource {
  const head = new TextEncoder().encode(text);
  return {
    size: head.length + size,
    bytes: (async function* () {
      yield head;
      yield* bytes;
    })(),
  };
}

/** Makes an observer that knows nothing yet. */
export function createObserver(options: ObserverOptions): Observer {
  const { hosts, report, signal, maxParallel, now } = options;
  const facts = new FactStore();
  const unreachable = new Map<HostAddress, ConnectionError>();
  const reported = new Set<HostAddress>();
  const limit = pLimit(maxParallel);

  function giveUp(host: HostAddress, asks: readonly Ask[], error: ConnectionError): void {
    unreachable.set(host, error);
    for (const question of asks) facts.storeFailure(question, error.message);
    if (reported.has(host)) return;
    reported.add(host);
    report({ is: 'host-unreachable', host, error });
  }

  async function feedOne(reader: HostReader, question: Ask, { text, part }: FactInput): Promise<void> {
    const source = await options.parts?.();
    if (reader.feed === undefined || source?.versions(part.name).includes(part.version) !== true) {
      return facts.storeFailure(question, `it needs ${part.name} ${part.version} of a bundle`);
    }
    const from = now() / 1000;
    const output = await reader.feed(question.argv, textBefore(text, await source.file(part)));
    facts.store(question, output, { from, until: now() / 1000 });
  }

  async function askHost(host: HostAddress, asks: readonly Ask[]): Promise<void> {
    stopIfAborted(signal);
    const dead = unreachable.get(host);
    if (dead !== undefined) return giveUp(host, asks, dead);
    try {
      const reader = await hosts.reader(host);
      const from = now() / 1000;
      const answers = await askTogether(
        asks.filter(({ input }) => input === undefined),
        (commands) => reader.query(commands),
      );
      const during = { from, until: now() / 1000 };
      for (const [question, answer] of answers) {
        if (answer === undefined) facts.storeFailure(question, `${host}: no answer to ${question.name}`);
        else facts.store(question, answer, during);
      }
      for (const question of asks) if (question.input !== undefined) await feedOne(reader, question, question.input);
    } catch (error) {
      stopIfAborted(signal);
      if (!(error instanceof ConnectionError)) throw error;
      giveUp(host, asks, error);
    }
  }

  return {
    facts,
    unreachable,
    async observe(asks) {
      stopIfAborted(signal);
      const byHost = new Map<HostAddress, Map<string, Ask>>();
      for (const question of asks) {
        if (facts.has(question)) continue;
        const ofHost = byHost.get(question.host) ?? new Map<string, Ask>();
        byHost.set(question.host, ofHost.set(question.key, question));
      }
      if (byHost.size === 0) return;
      report({ is: 'observing', hosts: [...byHost.keys()].filter((host) => host !== DEPLOYER) });
      const questions = [...byHost];
      const results = await Promise.allSettled(
        questions.map(([host, ofHost]) => limit(() => askHost(host, [...ofHost.values()]))),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    forget(host) {
      facts.forget(host);
      unreachable.delete(host);
    },
  };
}
