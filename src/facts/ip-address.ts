import { type Fact, FactUnreadable } from '../core/fact.ts';

/** One network interface with its addresses. */
export interface NetworkInterface {
  readonly name: string;
  /** The MAC address in lower case; empty where the interface has none. */
  readonly mac: string;
  readonly up: boolean;
  /** Bytes; 0 where the kernel does not say. */
  readonly mtu: number;
  readonly addresses: readonly { readonly address: string; readonly prefix: number; readonly scope: string }[];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Reads what one of iproute2's `-j` commands printed: a list of objects; nothing printed is an empty list. */
export function parseIpJson(text: string): readonly Readonly<Record<string, unknown>>[] {
  if (text.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FactUnreadable('ip did not print JSON; iproute2 4.16 or newer is needed');
  }
  if (!Array.isArray(value)) throw new FactUnreadable('ip printed no list');
  return value.filter(isRecord);
}

function toAddress(entry: unknown): NetworkInterface['addresses'] {
  if (!isRecord(entry) || typeof entry.local !== 'string') return [];
  return [{ address: entry.local, prefix: Number(entry.prefixlen), scope: String(entry.scope ?? '') }];
}

/** All network interfaces of a host. */
export const ipAddress: Fact<undefined, readonly NetworkInterface[]> = {
  name: 'network interfaces',
  command: () => ['ip', '-j', 'address', 'show'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `ip ended with exit code ${exit}`);
    return parseIpJson(stdout).map((entry) => ({
      name: String(entry.ifname ?? ''),
      mac: String(entry.address ?? '').toLowerCase(),
      up: Array.isArray(entry.flags) && entry.flags.includes('UP'),
      mtu: typeof entry.mtu === 'number' ? entry.mtu : 0,
      addresses: Array.isArray(entry.addr_info) ? entry.addr_info.flatMap(toAddress) : [],
    }));
  },
};

/** Names of the interfaces that carry traffic: up, and with an address. */
export function linksInUse(all: readonly NetworkInterface[]): ReadonlySet<string> {
  return new Set(all.filter(({ up, addresses }) => up && addresses.length > 0).map(({ name }) => name));
}

/** The interface that carries `address`; undefined where none does. */
export function interfaceWith(all: readonly NetworkInterface[], address: string): NetworkInterface | undefined {
  return all.find(({ addresses }) => addresses.some((each) => each.address === address));
}
