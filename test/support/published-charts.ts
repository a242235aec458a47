import { isJsonObject, type JsonObject, overlay } from '../../src/core/json.ts';

/** What a schema of JSON calls a type; several where any of them will do. */
type Types = string | readonly string[];

/**
 * Names and types of values of a published chart, as far as konvoy writes them or its own chart has them: facts of the
 * chart's `values.schema.json`. A map that takes anything is an `object`.
 */
export type PublishedValues = Readonly<Record<string, Types>>;

/** Chart traefik 41.3.0 (https://github.com/traefik/traefik-helm-chart). It refuses names beside its own at the top and below providers. */
export const PUBLISHED_TRAEFIK: PublishedValues = {
  'image.registry': ['string', 'null'],
  'image.repository': ['string', 'null'],
  'image.tag': ['string', 'null'],
  'image.pullPolicy': 'string',
  global: 'object',
  commonLabels: 'object',
  'deployment.replicas': ['integer', 'null'],
  'deployment.annotations': 'object',
  'deployment.labels': 'object',
  'deployment.podAnnotations': 'object',
  'deployment.podLabels': 'object',
  'deployment.terminationGracePeriodSeconds': 'integer',
  'podDisruptionBudget.enabled': 'boolean',
  'podDisruptionBudget.minAvailable': ['string', 'integer', 'null'],
  'podDisruptionBudget.maxUnavailable': ['string', 'integer', 'null'],
  'ingressClass.enabled': 'boolean',
  'ingressClass.isDefaultClass': 'boolean',
  'ingressClass.name': 'string',
  'providers.kubernetesIngress.enabled': 'boolean',
  'providers.kubernetesIngress.allowExternalNameServices': 'boolean',
  'providers.kubernetesIngress.allowEmptyServices': 'boolean',
  'providers.kubernetesIngress.ingressClass': ['string', 'null'],
  'providers.kubernetesIngress.namespaces': 'array',
  'providers.kubernetesIngress.publishedService.enabled': 'boolean',
  'providers.kubernetesIngress.publishedService.pathOverride': 'string',
  'providers.kubernetesIngressNGINX.enabled': 'boolean',
  'providers.kubernetesIngressNGINX.controllerClass': 'string',
  'providers.kubernetesIngressNGINX.ingressClass': 'string',
  'providers.kubernetesIngressNGINX.watchIngressWithoutClass': 'boolean',
  'providers.kubernetesIngressNGINX.publishService.enabled': 'boolean',
  'providers.kubernetesIngressNGINX.publishService.pathOverride': 'string',
  'log.level': 'string',
  'accessLog.enabled': 'boolean',
  'ports.traefik.port': 'integer',
  'ports.web.port': 'integer',
  'ports.web.exposedPort': 'integer',
  'ports.web.nodePort': ['integer', 'null'],
  'ports.web.http.redirections.entryPoint': 'object',
  'ports.websecure.port': 'integer',
  'ports.websecure.exposedPort': 'integer',
  'ports.websecure.nodePort': ['integer', 'null'],
  'ports.websecure.http.tls.enabled': 'boolean',
  'service.enabled': 'boolean',
  'service.annotations': 'object',
  'service.labels': 'object',
  'service.nameOverride': ['string', 'null'],
  // Whatever a Service's spec may have; `type` is one of its names.
  'service.spec': 'object',
  additionalArguments: 'array',
  env: 'array',
  resources: 'object',
  nodeSelector: 'object',
  tolerations: 'array',
  affinity: 'object',
  topologySpreadConstraints: 'array',
  priorityClassName: 'string',
  updateStrategy: 'object',
};

/** Chart metallb 0.16.1 (https://metallb.github.io/metallb). */
export const PUBLISHED_METALLB: PublishedValues = {
  'controller.labels': 'object',
  'controller.tolerations': 'array',
  'speaker.labels': 'object',
  'speaker.tolerations': 'array',
  'speaker.ignoreExcludeLB': 'boolean',
  'speaker.frr.enabled': 'boolean',
  'frrk8s.enabled': 'boolean',
};

/** A strict schema with just these values. */
export function schemaOf(published: PublishedValues): string {
  const empty: JsonObject = { type: 'object', additionalProperties: false };
  const whole = Object.entries(published).reduce<JsonObject>((schema, [path, type]) => {
    const leaf: JsonObject = { type: typeof type === 'string' ? type : [...type] };
    const branch = path
      .split('.')
      .reduceRight<JsonObject>((inner, step) => ({ ...empty, properties: { [step]: inner } }), leaf);
    return overlay(schema, branch);
  }, empty);
  return JSON.stringify(whole);
}

/** The paths of a schema's leaves: what is no map with names of its own. */
export function leavesOf(schema: JsonObject, path: readonly string[] = []): readonly string[] {
  const { properties } = schema;
  if (!isJsonObject(properties)) return [path.join('.')];
  return Object.entries(properties).flatMap(([name, inner]) =>
    isJsonObject(inner) ? leavesOf(inner, [...path, name]) : [],
  );
}
