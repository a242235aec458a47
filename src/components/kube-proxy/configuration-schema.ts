import { z } from 'zod';

/** What Go's decoder leaves at its default: kubeadm writes `null` for whatever has no value. */
const optional = <T extends z.ZodType>(type: T) => type.nullish();
const text = optional(z.string());
const flag = optional(z.boolean());
const count = optional(z.int());
const texts = optional(z.array(z.string()));

const DURATION = /^[-+]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*)$/;
const duration = optional(z.string().regex(DURATION, 'is no duration such as 30s'));
/** A quantity of bytes, as a number or as text. */
const quantity = optional(z.union([z.int(), z.string()]));

const routing = { splitStream: flag, infoBufferSize: quantity };

const logging = z.strictObject({
  format: text,
  flushFrequency: optional(z.union([z.int(), z.string()])),
  verbosity: count,
  vmodule: optional(z.array(z.strictObject({ filePattern: text, verbosity: count }))),
  options: optional(
    z.strictObject({ text: optional(z.strictObject(routing)), json: optional(z.strictObject(routing)) }),
  ),
});

const masquerade = { masqueradeBit: count, masqueradeAll: flag, syncPeriod: duration, minSyncPeriod: duration };

/** The fields of KubeProxyConfiguration without its kind and version, as of Kubernetes 1.36 (k8s.io/kube-proxy, config/v1alpha1). */
export const kubeProxyFieldsSchema = z.strictObject({
  featureGates: optional(z.record(z.string(), z.boolean())),
  clientConnection: optional(
    z.strictObject({
      kubeconfig: text,
      acceptContentTypes: text,
      contentType: text,
      qps: optional(z.number()),
      burst: count,
    }),
  ),
  logging: optional(logging),
  hostnameOverride: text,
  bindAddress: text,
  healthzBindAddress: text,
  metricsBindAddress: text,
  bindAddressHardFail: flag,
  enableProfiling: flag,
  showHiddenMetricsForVersion: text,
  mode: optional(z.enum(['', 'iptables', 'ipvs', 'nftables', 'kernelspace'])),
  iptables: optional(z.strictObject({ ...masquerade, localhostNodePorts: flag })),
  ipvs: optional(
    z.strictObject({
      syncPeriod: duration,
      minSyncPeriod: duration,
      scheduler: text,
      excludeCIDRs: texts,
      strictARP: flag,
      tcpTimeout: duration,
      tcpFinTimeout: duration,
      udpTimeout: duration,
    }),
  ),
  nftables: optional(z.strictObject(masquerade)),
  winkernel: optional(
    z.strictObject({
      networkName: text,
      sourceVip: text,
      enableDSR: flag,
      rootHnsEndpointName: text,
      forwardHealthCheckVip: flag,
    }),
  ),
  detectLocalMode: optional(z.enum(['', 'ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'])),
  detectLocal: optional(z.strictObject({ bridgeInterface: text, interfaceNamePrefix: text })),
  clusterCIDR: text,
  nodePortAddresses: texts,
  oomScoreAdj: count,
  conntrack: optional(
    z.strictObject({
      maxPerCore: count,
      min: count,
      tcpEstablishedTimeout: duration,
      tcpCloseWaitTimeout: duration,
      tcpBeLiberal: flag,
      udpTimeout: duration,
      udpStreamTimeout: duration,
    }),
  ),
  configSyncPeriod: duration,
  portRange: text,
  windowsRunAsService: flag,
});

/** The whole document. */
export const kubeProxyConfigurationSchema = kubeProxyFieldsSchema.extend({
  apiVersion: z.literal('kubeproxy.config.k8s.io/v1alpha1'),
  kind: z.literal('KubeProxyConfiguration'),
});

/** What is wrong with a value, by the schema. */
export interface SchemaFinding {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** kube-proxy only notes in its log that it does not know a field, and leaves the default in force. */
  readonly isUnknownField: boolean;
}

/** Judges a document, or fields of one. */
export function judgeBySchema(schema: z.ZodType, value: unknown): readonly SchemaFinding[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue): SchemaFinding[] => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message, isUnknownField: false }];
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: 'is no field of KubeProxyConfiguration: kube-proxy only notes that in its log, and keeps the default',
      isUnknownField: true,
    }));
  });
}
