import { addressRange, type Ipv4Range, overlap, parseNetwork } from '../../config/ipv4-range.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Topology } from '../../core/topology.ts';

/** Addresses that have one use only. */
interface UsedRange extends Ipv4Range {
  readonly name: string;
}

function usedRange(name: string, range: Ipv4Range | undefined): UsedRange[] {
  return range === undefined ? [] : [{ name, first: range.first, last: range.last }];
}

/**
 * Pods and Services have addresses that nothing else has: neither the other ones, nor a host, nor the API. Validation
 * refuses what is written in both places and only warns of a default, which does no harm before there is a cluster; here
 * there is going to be one. A `living` cluster cannot change its subnets any more: of that it is only a warning.
 */
export function subnetsApart(topology: Topology, { living }: { readonly living: boolean }): readonly Diagnostic[] {
  const { podSubnet, serviceSubnet, hosts, endpoint } = topology;
  const pods = usedRange(`spec.kubernetes.networking.podSubnet ${podSubnet}`, parseNetwork(podSubnet));
  const services = usedRange(`spec.kubernetes.networking.serviceSubnet ${serviceSubnet}`, parseNetwork(serviceSubnet));
  const others = [
    ...(endpoint === undefined
      ? []
      : usedRange(`the address of the API, ${endpoint.host}`, addressRange(endpoint.host))),
    ...hosts.flatMap(({ address }) => usedRange(`host ${address}`, addressRange(address))),
  ];
  const pairs: readonly (readonly [readonly UsedRange[], readonly UsedRange[]])[] = [
    [pods, [...services, ...others]],
    [services, others],
  ];
  return pairs.flatMap(([[subnet], taken]): Diagnostic[] => {
    const inside = subnet === undefined ? [] : taken.filter((range) => overlap(range, subnet));
    if (subnet === undefined || inside.length === 0) return [];
    return [
      {
        code: 'ranges-overlap',
        severity: living ? 'warning' : 'error',
        message: `${subnet.name} overlaps ${inside.map(({ name }) => name).join(', ')}: kube-proxy and the pods’ network take what goes there for their own`,
        hint: living
          ? 'a living cluster cannot change it; give the hosts, or a new cluster, other addresses'
          : `write another ${subnet.name.split(' ', 1)[0]} in cluster.yaml, one that nothing else on your network uses`,
      },
    ];
  });
}
