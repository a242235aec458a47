import { z } from 'zod';
import { ipv4Address, judged, labelKey, labelValue, matching, oneLine, secret } from '../../config/value-types.ts';
import { ADDON_NAMESPACE } from '../../core/helm-release.ts';
import { addressProblem } from './address-problem.ts';
import { METALLB_KINDS, type MetallbKind } from './objects.ts';

const objectName = () =>
  matching(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'a name of small letters, digits, "-" and "."');

const duration = () => matching(/^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$/, 'a duration such as 90s or 1m30s');

const asn = () => z.int().min(1).max(4294967295);

const selector = z.strictObject({
  matchLabels: z.record(labelKey(), labelValue()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: labelKey(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(labelValue()).optional(),
      }),
    )
    .optional(),
});
const selectors = z.array(selector).optional();

/** Asked of communities beyond 16 bits: native speakers do not know them. */
export const LARGE_COMMUNITY = /^large:[0-9]+:[0-9]+:[0-9]+$/;

const communityValue = judged((value) => {
  const [, ...parts] = /^([0-9]{1,5}):([0-9]{1,5})$/.exec(value) ?? [];
  if (LARGE_COMMUNITY.test(value)) return undefined;
  if (parts.length === 2 && parts.every((part) => Number(part) <= 65535)) return undefined;
  return { message: 'must be two numbers asn:value, each up to 65535, or large:a:b:c' };
});

const peer = z.strictObject({
  myASN: asn(),
  peerASN: asn().optional(),
  dynamicASN: z.enum(['internal', 'external']).optional(),
  localASN: asn().optional(),
  peerAddress: ipv4Address().optional(),
  interface: oneLine().optional(),
  sourceAddress: ipv4Address().optional(),
  peerPort: z.int().min(1).max(16384).optional(),
  holdTime: duration().optional(),
  keepaliveTime: duration().optional(),
  connectTime: duration().optional(),
  routerID: ipv4Address().optional(),
  nodeSelectors: selectors,
  password: secret('Password of the session.').optional(),
  passwordSecret: z.strictObject({ name: objectName(), namespace: z.literal(ADDON_NAMESPACE).optional() }).optional(),
  bfdProfile: objectName().optional(),
  enableGracefulRestart: z.boolean().optional(),
  ebgpMultiHop: z.boolean().optional(),
  vrf: oneLine().optional(),
  disableMP: z.boolean().optional(),
  dualStackAddressFamily: z.boolean().optional(),
});

const milliseconds = () => z.int().min(10).max(60000).optional();

const specs = {
  IPAddressPool: z.strictObject({
    addresses: z.array(judged(addressProblem)).min(1),
    autoAssign: z.boolean().optional(),
    avoidBuggyIPs: z.boolean().optional(),
    serviceAllocation: z
      .strictObject({
        priority: z.int().min(0).optional(),
        namespaces: z.array(objectName()).optional(),
        namespaceSelectors: selectors,
        serviceSelectors: selectors,
      })
      .optional(),
  }),
  L2Advertisement: z.strictObject({
    ipAddressPools: z.array(objectName()).optional(),
    ipAddressPoolSelectors: selectors,
    nodeSelectors: selectors,
    interfaces: z.array(oneLine()).optional(),
    serviceSelectors: selectors,
  }),
  BGPAdvertisement: z.strictObject({
    aggregationLength: z.int().min(1).max(32).optional(),
    aggregationLengthV6: z.int().min(1).max(128).optional(),
    localPref: z.int().min(0).max(4294967295).optional(),
    communities: z.array(oneLine()).optional(),
    ipAddressPools: z.array(objectName()).optional(),
    ipAddressPoolSelectors: selectors,
    nodeSelectors: selectors,
    peers: z.array(objectName()).optional(),
    serviceSelectors: selectors,
  }),
  BGPPeer: peer,
  BFDProfile: z.strictObject({
    receiveInterval: milliseconds(),
    transmitInterval: milliseconds(),
    detectMultiplier: z.int().min(2).max(255).optional(),
    echoInterval: milliseconds(),
    echoMode: z.boolean().optional(),
    passiveMode: z.boolean().optional(),
    minimumTtl: z.int().min(1).max(254).optional(),
  }),
  Community: z.strictObject({
    communities: z.array(z.strictObject({ name: oneLine().min(1), value: communityValue })).min(1),
  }),
} as const satisfies Readonly<Record<MetallbKind, z.ZodType>>;

const metadata = z.strictObject({
  name: objectName(),
  namespace: z.literal(ADDON_NAMESPACE).optional(),
  labels: z.record(labelKey(), labelValue()).optional(),
  annotations: z.record(labelKey(), z.string()).optional(),
});

/** What stands in `values.resources` as an object of this kind. Source: api/ of MetalLB 0.16.1. */
export function nativeSchema<K extends MetallbKind>(kind: K) {
  return z.strictObject({
    apiVersion: z.literal(METALLB_KINDS[kind]),
    kind: z.literal(kind),
    metadata,
    spec: specs[kind],
  });
}

/** Whether text names one of MetalLB's kinds. */
export function isMetallbKind(kind: unknown): kind is MetallbKind {
  return typeof kind === 'string' && Object.hasOwn(METALLB_KINDS, kind);
}
