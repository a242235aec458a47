import type { DnsAnswer } from '../../facts/dns-answer.ts';

/** A name server, an IPv4 literal. */
export interface NameServer {
  readonly address: string;
  /** 1–65535. */
  readonly port: number;
}

/** Where CoreDNS sends names that it does not know itself. */
export interface Forwards {
  /** Whether it asks the name servers of its node. */
  readonly toNode: boolean;
  readonly servers: readonly NameServer[];
}

/** `forward . TO…` of a Corefile; where it says something else than addresses and files, that is left out. */
export function forwardsOf(corefile: string): Forwards {
  const words = [...corefile.matchAll(/^[ \t]*forward[ \t]+\.[ \t]+([^{#\n]+)/gm)].flatMap(([, to = '']) =>
    to.split(/\s+/),
  );
  return {
    toNode: words.some((word) => word.startsWith('/')),
    servers: words.flatMap((word) => {
      const [, address, port] = /^(?:dns:\/\/)?(\d+\.\d+\.\d+\.\d+)(?::(\d+))?$/.exec(word) ?? [];
      return address === undefined ? [] : [{ address, port: Number(port ?? 53) }];
    }),
  };
}

/** What a name server told a host; no answer where it was silent. */
export interface UpstreamReply {
  /** `ADDRESS:PORT` */
  readonly server: string;
  readonly answer: DnsAnswer | undefined;
}

/** RFC 1035, 4.1.1: these two tell something about the name, all others about the server. */
const ANSWERS = { found: 0, noSuchName: 3 } as const;

/**
 * Why outside names are not asked for; undefined: some upstream answers the nodes of CoreDNS, so it has to answer CoreDNS.
 * That there is no such name is an answer. `replies`: what the nodes of CoreDNS were told, by whom.
 */
export function noUpstream(forwards: Forwards, replies: readonly UpstreamReply[]): string | undefined {
  if (!forwards.toNode && forwards.servers.length === 0) return 'CoreDNS forwards to no address that a host could ask';
  if (replies.length === 0) return 'the nodes of CoreDNS have no name server';
  if (replies.some(({ answer }) => answer?.code === ANSWERS.found || answer?.code === ANSWERS.noSuchName)) {
    return undefined;
  }
  const said = replies.map(({ server, answer }) => `${server} (${answer === undefined ? 'silent' : 'fails'})`);
  return `no upstream answers the nodes of CoreDNS either: ${[...new Set(said)].join(', ')}`;
}
