import { hostResourceAddress } from '../../core/address.ts';
import type { Component, Discovery } from '../../core/component.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, type ClusterState, dnsDomainOf, livingCluster } from '../../facts/cluster-state.ts';
import { parseNetwork, printIpv4 } from '../../config/ipv4-range.ts';
import { withoutDnsPart, writeDnsPart } from './dns-part.ts';
import type { DnsConfig } from './dns-schema.ts';
import { type CorefileChange, DNS_PATH, type DnsSection } from './dns-section.ts';
import { printFinding } from './finding.ts';

interface Planned {
  readonly corefile: CorefileChange | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Whether nothing is wanted and nothing is there: most clusters. A text that nobody asked konvoy to touch is not judged. */
function isNoneOfOurs(from: string, dns: DnsConfig | undefined): boolean {
  const without = withoutDnsPart(from);
  return dns === undefined && (!without.ok || without.value === from);
}

function planCorefile({ corefile: from }: ClusterState, dns: DnsConfig | undefined): Planned {
  if (from === undefined || isNoneOfOurs(from, dns)) return { corefile: undefined, diagnostics: [] };
  const written = writeDnsPart(from, dns);
  if (written.ok) return { corefile: { from, to: written.value }, diagnostics: [] };
  const message = `spec.kubernetes.dns cannot be put into the Corefile that is in use: ${printFinding({ ...written.problem })}`;
  const hint = 'kubectl --namespace=kube-system edit configmap coredns';
  return { corefile: undefined, diagnostics: [{ code: 'dns-corefile', severity: 'error', message, hint }] };
}

function discover(section: DnsSection | undefined, topology: Topology): Discovery<DnsSection | undefined> {
  if (section === undefined) return { asks: [], settle: () => ({ section, diagnostics: [] }) };
  const controlPlane = controlPlaneOf(topology);
  return {
    asks: askCluster(controlPlane),
    settle(facts) {
      const cluster = livingCluster(controlPlane, facts);
      if (cluster === undefined) return { section, diagnostics: [] };
      const { corefile, diagnostics } = planCorefile(cluster.state, section.dns);
      const found = { at: cluster.at, domain: dnsDomainOf(cluster.state), corefile };
      return { section: { ...section, found }, diagnostics };
    },
  };
}

function desired(section: DnsSection | undefined, topology: Topology): readonly Resource[] {
  const found = section?.found;
  const replicas = section?.dns?.replicas;
  if (found === undefined || (found.corefile === undefined && replicas === undefined)) return [];
  // kubeadm gives the API the first address of the Services'.
  const api = printIpv4((parseNetwork(topology.serviceSubnet)?.first ?? 0) + 1);
  return [
    {
      kind: 'cluster-dns',
      address: hostResourceAddress(found.at, 'cluster-dns', 'coredns'),
      component: 'cluster-dns',
      because: DNS_PATH,
      ensure: 'present',
      host: found.at,
      port: controlPlaneOf(topology).port,
      corefile: found.corefile,
      replicas,
      known: { name: `kubernetes.default.svc.${found.domain}`, address: api },
    },
  ];
}

/** What cluster.yaml says of names, in CoreDNS: behind the network of pods, for a canary tries it. */
export const clusterDns: Component<DnsSection> = {
  name: 'cluster-dns',
  stage: 'container-networking',
  discover,
  desired,
  checks: () => [],
};
