import { parseAddressRange, parseIpv4 } from '../../config/ipv4-range.ts';
import { looksLikeIpv6, type ValueProblem } from '../../config/value-types.ts';

/**
 * What is wrong with an entry of a pool's addresses: only networks and ranges are entries, as in MetalLB's own parser
 * (internal/config, `ParseCIDR`). Undefined: nothing.
 */
export function addressProblem(text: string): ValueProblem | undefined {
  if (looksLikeIpv6(text)) {
    return { code: 'ipv6-not-supported', message: 'is an IPv6 value: IPv6 and dual-stack are not supported yet' };
  }
  if (parseAddressRange(text) !== undefined) return undefined;
  if (parseIpv4(text) !== undefined) {
    return { message: 'is a single address: it must be a network or a range', hint: `write ${text}/32` };
  }
  const [from = '', to = '', ...more] = text.split('-').map((part) => part.trim());
  if (more.length === 0 && parseIpv4(from) !== undefined && parseIpv4(to) !== undefined) {
    return { message: 'is a range that runs backwards', hint: `write ${to}-${from}` };
  }
  const hint = 'for example 10.0.50.25-10.0.50.50 or 172.40.100.0/24';
  return { message: 'must be an IPv4 network or a range from a lower to a higher IPv4 address', hint };
}
