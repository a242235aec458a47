/** Consecutive IPv4 addresses as numbers, 0–4294967295, both ends included. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

/** An address in canonical dotted form (no leading zeros) as a number; undefined for anything else. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** A number, 0–4294967295, as an address. */
export function printIpv4(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}

/** One address as a range; undefined for what is no address. */
export function addressRange(text: string): Ipv4Range | undefined {
  const value = parseIpv4(text);
  return value === undefined ? undefined : { first: value, last: value };
}

/** A network `a.b.c.d/n`. `aligned` is false where host bits are set. Undefined for anything else. */
export function parseNetwork(text: string): (Ipv4Range & { prefix: number; aligned: boolean }) | undefined {
  const match = /^([0-9.]+)\/(0|[1-9][0-9]?)$/.exec(text);
  const address = parseIpv4(match?.[1] ?? '');
  const prefix = Number(match?.[2] ?? 33);
  if (address === undefined || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1, prefix, aligned: first === address };
}

/** A network or a range `a-b`, as MetalLB writes them. */
export function parseAddressRange(text: string): Ipv4Range | undefined {
  const [from, to, more] = text.split('-').map((part) => part.trim());
  if (from === undefined || more !== undefined) return undefined;
  if (to === undefined) return parseNetwork(from);
  const first = parseIpv4(from);
  const last = parseIpv4(to);
  return first === undefined || last === undefined || first > last ? undefined : { first, last };
}

/** Whether two ranges share an address. */
export function overlap(one: Ipv4Range, other: Ipv4Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}
