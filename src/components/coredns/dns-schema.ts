import { z } from 'zod';
import { hostName, ipv4Address, nameServer } from '../../config/value-types.ts';

/** CoreDNS takes no more of them behind one `forward` (plugin/forward). */
const MOST_UPSTREAMS = 15;

/** `spec.kubernetes.dns`. */
export const dnsSchema = z.strictObject({
  upstreams: z
    .array(nameServer())
    .max(MOST_UPSTREAMS)
    .default([])
    .describe(
      'Name servers for names outside of the cluster. Left out: as the Corefile says, kubeadm’s has those of the hosts.',
    ),
  stubZones: z
    .array(
      z.strictObject({
        zone: hostName().describe('The zone, such as corp.example.org: it and all names below it.'),
        upstreams: z.array(nameServer()).min(1).max(MOST_UPSTREAMS).describe('Name servers of the zone.'),
      }),
    )
    .default([])
    .describe('Zones with name servers of their own.'),
  hosts: z
    .array(
      z.strictObject({
        address: ipv4Address().describe('IPv4 address.'),
        names: z.array(hostName()).min(1).describe('Names that have this address, for all pods.'),
      }),
    )
    .default([])
    .describe('Names with addresses that are written here.'),
  cache: z
    .int()
    .min(1)
    .max(3600)
    .optional()
    .describe('Seconds that answers are kept at most. Left out: as the Corefile says; 30 for stub zones.'),
  replicas: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Pods of CoreDNS. Left out: left as they are, kubeadm makes 2.'),
});

export type DnsConfig = Readonly<z.infer<typeof dnsSchema>>;
