import { type Fact, FactUnreadable } from '../core/fact.ts';

/** What a DNS server says to a question for addresses. */
export interface DnsAnswer {
  /** RFC 1035, 4.1.1: 0 is a good answer, 2 a failure of the server, 3 says that there is no such name. */
  readonly code: number;
  /** IPv4. */
  readonly addresses: readonly string[];
}

/** Whom to ask, and for which name. */
export interface DnsQuestion {
  /** IPv4. */
  readonly server: string;
  /** 1–65535. */
  readonly port: number;
  /** Without the dot at its end. */
  readonly name: string;
}

/** Seconds. A server in the cluster has milliseconds to go. */
const LONGEST_WAIT = 2;
/** timeout(1) ends with it. */
const TIMED_OUT = 124;

const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;

/**
 * Asks with what every host has: bash knows /dev/udp. dd sends one datagram, whatever bash's printf does with a line break in
 * it ("kubernetes" has ten letters, and a ten is one).
 */
const PROGRAM = [
  'set -o pipefail',
  'exec 3<>"/dev/udp/$1/$2" || exit 1',
  'printf "$3" | dd bs=512 iflag=fullblock status=none >&3 || exit 1',
  `timeout ${LONGEST_WAIT} dd bs=4096 count=1 status=none <&3 | od -An -v -tx1`,
].join('\n');

function twoBytes(number: number): readonly number[] {
  return [number >> 8, number & 0xff];
}

/** A question for the IPv4 addresses of a name, as bytes (RFC 1035, 4.1). A label has at most 63 of them. */
export function writeDnsQuestion(name: string): readonly number[] {
  const labels = name.split('.').map((label) => [...label].map((letter) => letter.charCodeAt(0)));
  return [
    ...twoBytes(0x4b56),
    // A standard question, recursion desired; one question, nothing else.
    ...[0x01, 0x00, ...twoBytes(1), ...twoBytes(0), ...twoBytes(0), ...twoBytes(0)],
    ...labels.flatMap((label) => [label.length, ...label]),
    0,
    ...twoBytes(TYPE_A),
    ...twoBytes(CLASS_IN),
  ];
}

/** The offset behind a name: it ends with an empty label, or with a pointer to an earlier one. */
function skipName(bytes: readonly number[], start: number): number {
  let at = start;
  for (let length = bytes[at]; length !== undefined && length !== 0; length = bytes[at]) {
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
  }
  return at + 1;
}

/** Reads an answer. Undefined for what is none. */
export function readDnsAnswer(bytes: readonly number[]): DnsAnswer | undefined {
  const number = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const isAnswer = ((bytes[2] ?? 0) & 0x80) !== 0;
  if (bytes.length < HEADER_BYTES || !isAnswer) return undefined;
  let at = HEADER_BYTES;
  for (let count = number(4); count > 0 && at < bytes.length; count -= 1) at = skipName(bytes, at) + 4;
  const addresses: string[] = [];
  for (let count = number(6); count > 0 && at < bytes.length; count -= 1) {
    const record = skipName(bytes, at);
    const length = number(record + 8);
    const data = bytes.slice(record + 10, record + 10 + length);
    if (number(record) === TYPE_A && data.length === 4) addresses.push(data.join('.'));
    at = record + 10 + length;
  }
  return { code: (bytes[3] ?? 0) & 0x0f, addresses };
}

/** What a DNS server answers over UDP when the host asks it; undefined where it does not answer. */
export const dnsAnswer: Fact<DnsQuestion, DnsAnswer | undefined> = {
  name: 'the answer of the DNS server',
  command({ server, port, name }) {
    const escaped = writeDnsQuestion(name).map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`);
    return ['bash', '-c', PROGRAM, 'bash', server, String(port), escaped.join('')];
  },
  parse({ exit, stdout, stderr }) {
    if (exit === TIMED_OUT || stderr.includes('Connection refused')) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `it ended with exit code ${exit}`);
    const bytes = stdout.split(/\s+/).flatMap((hex) => (hex === '' ? [] : [Number.parseInt(hex, 16)]));
    return readDnsAnswer(bytes);
  },
};
