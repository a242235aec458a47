import type { ConfigPath } from '../../core/address.ts';
import { isJsonObject, type JsonObject, type JsonValue, overlay } from '../../core/json.ts';

/** What became of a value of the chart of Traefik 1.x, which Konvoy shipped. */
export interface FormerValue {
  /** In the values as they are written. */
  readonly path: ConfigPath;
  /** Where it is read now; undefined: it cannot be taken over, and `hint` says what to write. */
  readonly to?: ConfigPath;
  readonly hint: string;
}

export interface TranslatedValues {
  /** In the names of Traefik 3; what was taken over gives way to what is written in these. */
  readonly values: JsonObject;
  readonly former: readonly FormerValue[];
}

interface Rule {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Undefined: as it is. Returning undefined: it is the default, so nothing has to be written. */
  readonly as?: (value: JsonValue) => JsonValue | undefined;
}

const REDIRECT: JsonObject = { to: 'websecure', scheme: 'https', permanent: true };

/**
 * What has an equivalent. Names of 1.x by the chart stable/traefik 1.87, those of 3 by traefik 41
 * (https://github.com/helm/charts/tree/master/stable/traefik, https://github.com/traefik/traefik-helm-chart).
 */
const RULES: readonly Rule[] = [
  { from: ['replicas'], to: ['deployment', 'replicas'] },
  { from: ['serviceType'], to: ['service', 'spec', 'type'] },
  { from: ['loadBalancerIP'], to: ['service', 'spec', 'loadBalancerIP'] },
  { from: ['loadBalancerSourceRanges'], to: ['service', 'spec', 'loadBalancerSourceRanges'] },
  { from: ['externalTrafficPolicy'], to: ['service', 'spec', 'externalTrafficPolicy'] },
  { from: ['externalIP'], to: ['service', 'spec', 'externalIPs'], as: (value) => [value] },
  { from: ['ssl', 'enabled'], to: ['ports', 'websecure', 'http', 'tls', 'enabled'] },
  {
    from: ['ssl', 'enforced'],
    to: ['ports', 'web', 'http', 'redirections', 'entryPoint'],
    as: (value) => (value === true ? REDIRECT : undefined),
  },
  { from: ['accessLogs', 'enabled'], to: ['accessLog', 'enabled'] },
  {
    from: ['debug', 'enabled'],
    to: ['log', 'level'],
    as: (value) => (value === true ? 'DEBUG' : undefined),
  },
  { from: ['kubernetes', 'namespaces'], to: ['providers', 'kubernetesIngress', 'namespaces'] },
  { from: ['kubernetes', 'ingressClass'], to: ['providers', 'kubernetesIngress', 'ingressClass'] },
  {
    from: ['kubernetes', 'ingressEndpoint', 'useDefaultPublishedService'],
    to: ['providers', 'kubernetesIngress', 'publishedService', 'enabled'],
  },
  { from: ['cpuRequest'], to: ['resources', 'requests', 'cpu'] },
  { from: ['memoryRequest'], to: ['resources', 'requests', 'memory'] },
  { from: ['cpuLimit'], to: ['resources', 'limits', 'cpu'] },
  { from: ['memoryLimit'], to: ['resources', 'limits', 'memory'] },
  { from: ['service', 'nodePorts', 'http'], to: ['ports', 'web', 'nodePort'] },
  { from: ['service', 'nodePorts', 'https'], to: ['ports', 'websecure', 'nodePort'] },
];

/** What has no equivalent of its own: what to write in its place. */
const GONE: Readonly<Record<string, string>> = {
  acme: 'certificates are got by certificatesResolvers of Traefik 3, or by cert-manager',
  autoscaling: 'write an object HorizontalPodAutoscaler, or deployment.replicas',
  configFiles: 'Traefik 3 reads files by additionalArguments: --providers.file.filename',
  customHeaders: 'a Middleware `headers` sets them',
  dashboard: 'Traefik 3 shows it by an IngressRoute (ingressRoute.dashboard)',
  fileBackend: 'Traefik 3 reads files by additionalArguments: --providers.file.filename',
  forwardAuth: 'a Middleware `forwardAuth` asks for it',
  forwardedHeaders: 'write additionalArguments: --entryPoints.web.forwardedHeaders.trustedIPs=…',
  gzip: 'a Middleware `compress` does it',
  imageTag: 'Traefik 1.x does not run on this Kubernetes: leave it out, or write image.tag of a release 3',
  kvprovider: 'Traefik 3 has providers for Consul, etcd, Redis and ZooKeeper by additionalArguments',
  maxIdleConnsPerHost: 'write additionalArguments: --serversTransport.maxIdleConnsPerHost=…',
  proxyProtocol: 'write additionalArguments: --entryPoints.web.proxyProtocol.trustedIPs=…',
  rootCAs: 'write additionalArguments: --serversTransport.rootCAs=…',
  secretFiles: 'name the Secret in spec.tls of the Ingress',
  sendAnonymizedUsage: 'it is off; additionalArguments: --global.sendAnonymousUsage=true turns it on',
  startupArguments: 'write them as additionalArguments, in the names of Traefik 3',
  timeouts: 'write additionalArguments: --entryPoints.web.transport.respondingTimeouts.…',
  tracing: 'write additionalArguments: --tracing.…',
  traefikLogFormat: 'write additionalArguments: --log.format=json',
  whiteListSourceRange: 'write service.spec.loadBalancerSourceRanges, or a Middleware `ipAllowList`',
};

/** Below keys of which only some parts could be taken over. */
const GONE_WITHIN: Readonly<Record<string, string>> = {
  accessLogs: 'only enabled is taken over; write additionalArguments: --accesslog.…',
  debug: 'only enabled is taken over; write log.level',
  kubernetes: 'write providers.kubernetesIngress',
  ssl: 'certificates and versions of TLS are those of spec.tls of an Ingress, or of a TLSOption',
};

function take(values: JsonObject, path: readonly string[]): { value: JsonValue | undefined; rest: JsonObject } {
  const [first = '', ...further] = path;
  const found = values[first];
  if (found === undefined) return { value: undefined, rest: values };
  const { [first]: _taken, ...others } = values;
  if (further.length === 0) return { value: found, rest: others };
  if (!isJsonObject(found)) return { value: undefined, rest: values };
  const inner = take(found, further);
  if (inner.value === undefined) return { value: undefined, rest: values };
  return {
    value: inner.value,
    rest: Object.keys(inner.rest).length === 0 ? others : { ...others, [first]: inner.rest },
  };
}

function put(path: readonly string[], value: JsonValue): JsonObject {
  const [first = '', ...further] = path;
  return { [first]: further.length === 0 ? value : put(further, value) };
}

/** Off is what it is anyway. */
function isOff(value: JsonValue): boolean {
  return value === false || value === '' || (isJsonObject(value) && value.enabled === false);
}

/** Reads values of Traefik 1.x in the names of Traefik 3, as far as there is an equivalent. */
export function translateFormerValues(written: JsonObject): TranslatedValues {
  const former: FormerValue[] = [];
  let [rest, taken]: [JsonObject, JsonObject] = [written, {}];
  for (const { from, to, as } of RULES) {
    const found = take(rest, from);
    if (found.value === undefined) continue;
    rest = found.rest;
    former.push({ path: from, to, hint: `write ${to.join('.')}` });
    const value = as === undefined ? found.value : as(found.value);
    if (value !== undefined) taken = overlay(taken, put(to, value));
  }
  for (const [name, hint] of Object.entries({ ...GONE, ...GONE_WITHIN })) {
    const { value, rest: others } = take(rest, [name]);
    if (value === undefined) continue;
    rest = others;
    if (!isOff(value)) former.push({ path: [name], hint });
  }
  if (typeof rest.image === 'string') {
    const { image: _name, ...others } = rest;
    rest = others;
    former.push({ path: ['image'], hint: 'write image.registry and image.repository' });
  }
  return { values: overlay(taken, rest), former };
}
