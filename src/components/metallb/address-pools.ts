import type { Ipv4Range } from '../../config/ipv4-range.ts';

/** The prefix of the largest network that lies in a range as a whole, 0–32: what MetalLB compares lengths with. */
export function lowestPrefix({ first, last }: Ipv4Range): number {
  for (let prefix = 0; prefix < 32; prefix += 1) {
    const size = 2 ** (32 - prefix);
    if (Math.ceil(first / size) * size + size - 1 <= last) return prefix;
  }
  return 32;
}
