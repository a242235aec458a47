import { z } from 'zod';
import { ipv4Address, judged, labelKey, labelValue, matching, oneLine, secret } from '../../config/value-types.ts';
import { addressProblem } from './address-problem.ts';

const asn = (what: string) => z.int().min(1).max(4294967295).describe(what);

const duration = (what: string) =>
  matching(/^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$|^0$/, 'a duration such as 90s or 1m30s')
    .optional()
    .describe(what);

const labels = z.record(labelKey(), labelValue());

const COMPARING = ['In', 'NotIn'];

const expression = z
  .strictObject({
    key: labelKey().describe('Key of the label.'),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How the label is compared.'),
    values: z.array(labelValue()).optional().describe('Values it is compared with: for In and NotIn, at least one.'),
  })
  .check((context) => {
    const { operator, values } = context.value;
    const compares = COMPARING.includes(operator);
    if (compares === (values?.length ?? 0) > 0) return;
    const message = compares ? 'needs at least one value' : `has no meaning with ${operator}: remove it`;
    context.issues.push({ code: 'custom', message, path: ['values'], input: values });
  });

const nodeSelector = z.strictObject({
  'match-labels': labels.optional().describe('Labels a node must have.'),
  'match-expressions': z.array(expression).optional().describe('Expressions a node must match.'),
});

const peer = z.strictObject({
  'my-asn': asn('Our autonomous system number.'),
  'peer-asn': asn('Autonomous system number of the peer.'),
  'peer-address': ipv4Address().describe('Address of the peer.'),
  // The old parser took up to 65535; the resource that the peer becomes today takes up to 16384.
  'peer-port': z.int().min(1).max(16384).default(179).describe('Port of the peer.'),
  'hold-time': duration('BGP hold time: 0, or at least 3s, in whole seconds. Default 90s.'),
  'keepalive-time': duration('BGP keepalive time, less than the hold time.'),
  'router-id': ipv4Address().optional().describe('BGP router id. Left out: the address of the node.'),
  'source-address': ipv4Address().optional().describe('Source address of the session.'),
  'node-selectors': z.array(nodeSelector).optional().describe('Nodes that connect to this peer. Left out: all.'),
  password: secret('Password of the session (TCP MD5). A secret.').optional(),
  'ebgp-multihop': z.boolean().optional().describe('Whether the peer may be several hops away.'),
  'bfd-profile': oneLine().optional().describe('Name of a BFD profile.'),
});

const advertisement = z.strictObject({
  'aggregation-length': z.int().min(1).max(32).default(32).describe('Prefix length that is announced.'),
  'aggregation-length-v6': z.int().min(1).max(128).optional().describe('Prefix length that is announced for IPv6.'),
  localpref: z.int().min(0).max(4294967295).optional().describe('Local preference.'),
  communities: z.array(oneLine()).optional().describe('BGP communities, by name or as asn:value.'),
});

const addressPool = z.strictObject({
  name: matching(
    /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$/,
    'a name of letters, digits, ".", "_" and "-"',
  ).describe('Name of the pool.'),
  protocol: z.enum(['layer2', 'bgp']).describe('How its addresses are announced.'),
  addresses: z.array(judged(addressProblem)).describe('Networks (a.b.c.d/n) and ranges (a.b.c.d-e.f.g.h).'),
  'avoid-buggy-ips': z.boolean().default(false).describe('Whether addresses that end in .0 and .255 are left out.'),
  'auto-assign': z
    .boolean()
    .default(true)
    .describe('Whether services get addresses of this pool without asking for it.'),
  'bgp-advertisements': z.array(advertisement).optional().describe('How the pool is announced by BGP.'),
});

const milliseconds = (what: string) => z.int().min(10).max(60000).optional().describe(what);

const bfdProfile = z.strictObject({
  name: oneLine().min(1).describe('Name of the profile.'),
  'receive-interval': milliseconds('Milliseconds between packets that are expected.'),
  'transmit-interval': milliseconds('Milliseconds between packets that are sent.'),
  'detect-multiplier': z.int().min(2).max(255).optional().describe('Packets that may be lost.'),
  'echo-interval': milliseconds('Milliseconds between echo packets.'),
  'echo-mode': z.boolean().optional().describe('Whether echo packets are used.'),
  'passive-mode': z.boolean().optional().describe('Whether the session waits for the peer.'),
  'minimum-ttl': z.int().min(1).max(254).optional().describe('Lowest TTL that is accepted.'),
});

const community = matching(/^([0-9]{1,5}):([0-9]{1,5})$/, 'two numbers asn:value, each up to 65535').refine(
  (value) => value.split(':').every((part) => Number(part) <= 65535),
  'must be two numbers asn:value, each up to 65535',
);

/** `configInline` in the values of the addon metallb: MetalLB's own configuration as Konvoy wrote it. */
export const metallbConfigSchema = z.strictObject({
  peers: z.array(peer).default([]).describe('BGP peers.'),
  'bgp-communities': z.record(z.string(), community).default({}).describe('Names of BGP communities.'),
  'address-pools': z.array(addressPool).default([]).describe('Addresses that services of type LoadBalancer get.'),
  'bfd-profiles': z.array(bfdProfile).default([]).describe('BFD profiles.'),
});

export type MetallbConfig = z.infer<typeof metallbConfigSchema>;

/** The values of the addon metallb. Beside configInline they are values of the chart, and passed on. */
export const metallbValuesSchema = z.looseObject({
  configInline: metallbConfigSchema.optional().describe('MetalLB’s configuration.'),
});
