import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';
import { parseIpv4, parseNetwork, printIpv4 } from '../ipv4-range.ts';

const PATH: ConfigPath = ['spec', 'kubernetes', 'dns'];
/** kubeadm gives CoreDNS's Service the tenth address. */
const DNS_SERVICE = 10;
/** What the names of Services and pods end with: kubeadm-config.ts writes it. */
const CLUSTER_DOMAIN = 'cluster.local';

function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Names lead out of the cluster and not back to CoreDNS, and each of them has one meaning. */
export function dns(config: ConfigView): readonly Diagnostic[] {
  const { dns: section, networking } = config.cluster.spec.kubernetes;
  if (section === undefined) return [];
  const found: Diagnostic[] = [];
  const refuse = (path: ConfigPath, message: string, hint: string, code = 'dns') =>
    found.push({ code, severity: 'error', message, hint, at: config.inCluster([...PATH, ...path]) });
  const own = printIpv4((parseNetwork(networking.serviceSubnet)?.first ?? 0) + DNS_SERVICE);

  const judgeServers = (servers: readonly string[], path: ConfigPath) => {
    for (const [index, server] of servers.entries()) {
      const [address = '', port = '53'] = server.split(':');
      const first = parseIpv4(address);
      if (first !== undefined && first >>> 24 === 127) {
        const message = `${server} is in a pod the pod itself, so questions go round for ever`;
        refuse(
          [...path, index],
          message,
          'write the address of a name server outside of the cluster; 127.0.0.53 is only there for the host',
        );
      } else if (address === own && port === '53') {
        const message = `${server} is the Service of CoreDNS itself, so questions go round for ever`;
        refuse([...path, index], message, 'write the address of a name server outside of the cluster');
      }
    }
  };
  judgeServers(section.upstreams, ['upstreams']);
  const zones = new Set<string>();
  for (const [index, { zone: written, upstreams }] of section.stubZones.entries()) {
    const path = ['stubZones', index];
    const zone = written.toLowerCase();
    judgeServers(upstreams, [...path, 'upstreams']);
    if (isWithin(zone, CLUSTER_DOMAIN))
      refuse([...path, 'zone'], `${zone} holds the cluster’s own names`, 'choose another zone');
    if (zones.has(zone))
      refuse(
        [...path, 'zone'],
        `the zone ${zone} stands in the list a second time`,
        'each zone has one list of name servers',
        'duplicate-name',
      );
    zones.add(zone);
  }
  for (const [index, { names }] of section.hosts.entries()) {
    for (const [position, written] of names.entries()) {
      const path = ['hosts', index, 'names', position];
      const name = written.toLowerCase();
      if (isWithin(name, CLUSTER_DOMAIN))
        refuse(path, `${name} is one of the cluster’s own names`, 'choose another name');
      if (zones.has(name))
        refuse(path, `${name} is a stub zone as well`, 'its name servers answer for it: remove it here, or there');
    }
  }
  if (section.replicas === 1) {
    const message = 'one pod of CoreDNS alone: no name resolves while it starts anew or its node is away';
    found.push({
      code: 'dns',
      severity: 'warning',
      message,
      hint: 'write 2 or more',
      at: config.inCluster([...PATH, 'replicas']),
    });
  }
  return found;
}
