import { parseIpv4 } from '../../config/ipv4-range.ts';
import type { BalancedService } from '../../core/address-pool.ts';
import type { BalancedServiceLine } from '../../facts/metallb-state.ts';

function addressesIn(texts: readonly string[]): BalancedService['addresses'] {
  return texts.flatMap((text) => {
    const value = parseIpv4(text);
    return value === undefined ? [] : [{ text, value }];
  });
}

/** Services as the API server has them, without those that another load balancer serves. */
export function balancedServices(lines: readonly BalancedServiceLine[]): readonly BalancedService[] {
  return lines
    .filter(({ className }) => className === '')
    .map(({ namespace, name, labels, addresses, asksFor, asksPool }) => ({
      namespace,
      name,
      labels,
      addresses: addressesIn(addresses),
      asksFor: addressesIn(asksFor),
      asksPool: asksPool === '' ? undefined : asksPool,
    }));
}
