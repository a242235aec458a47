import type { AnnotatedIngress } from '../../facts/ingress-annotations.ts';

const PREFIXES = ['traefik.ingress.kubernetes.io/', 'ingress.kubernetes.io/'];

/**
 * Annotations of Traefik 1.x behind one of its prefixes, and what serves today
 * (https://doc.traefik.io/traefik/v2.0/migration/v1-to-v2/, https://doc.traefik.io/traefik-v1.7/configuration/backends/kubernetes/).
 */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  'app-root': 'a Middleware redirectRegex',
  'auth-secret': 'a Middleware basicAuth or digestAuth',
  'auth-type': 'a Middleware basicAuth, digestAuth or forwardAuth',
  'auth-url': 'a Middleware forwardAuth',
  buffering: 'a Middleware buffering',
  'circuit-breaker-expression': 'a Middleware circuitBreaker',
  'custom-request-headers': 'a Middleware headers',
  'custom-response-headers': 'a Middleware headers',
  'error-pages': 'a Middleware errors',
  'frontend-entry-points': 'traefik.ingress.kubernetes.io/router.entrypoints',
  'load-balancer-method': 'nothing: requests are spread in turn',
  'max-conn-amount': 'a Middleware inFlightReq',
  'max-conn-extractor-func': 'a Middleware inFlightReq',
  'pass-client-tls-cert': 'a Middleware passTLSClientCert',
  'pass-tls-cert': 'a Middleware passTLSClientCert',
  'preserve-host': 'traefik.ingress.kubernetes.io/service.passhostheader on the Service',
  priority: 'traefik.ingress.kubernetes.io/router.priority',
  protocol: 'traefik.ingress.kubernetes.io/service.serversscheme on the Service',
  'rate-limit': 'a Middleware rateLimit',
  'redirect-entry-point': 'a Middleware redirectScheme',
  'redirect-permanent': 'a Middleware redirectRegex',
  'redirect-regex': 'a Middleware redirectRegex',
  'redirect-replacement': 'a Middleware redirectRegex',
  'request-modifier': 'a Middleware replacePath, replacePathRegex, addPrefix or stripPrefix',
  'rewrite-target': 'a Middleware replacePathRegex',
  'rule-type': 'spec.rules[].http.paths[].pathType, and a Middleware stripPrefix for PathPrefixStrip',
  'service-weights': 'a TraefikService with spec.weighted, behind an IngressRoute',
  'session-cookie-name': 'traefik.ingress.kubernetes.io/service.sticky.cookie.name on the Service',
  affinity: 'traefik.ingress.kubernetes.io/service.sticky.cookie on the Service',
  'ssl-redirect': 'a Middleware redirectScheme',
  'whitelist-source-range': 'a Middleware ipAllowList',
  'whitelist-x-forwarded-for': 'a Middleware ipAllowList with ipStrategy',
};

/** Names without a prefix, and the spelling with dots of the oldest ones. */
const WHOLE: Readonly<Record<string, string>> = {
  'kubernetes.io/ingress.class': 'spec.ingressClassName: traefik',
  'traefik.frontend.rule.type': 'a Middleware stripPrefix, and pathType',
};

/** What replaces an annotation of Traefik 1.x; undefined where it is none. Of another class an Ingress is none of Traefik's. */
function replacementOf(name: string, value: string): string | undefined {
  if (name === 'kubernetes.io/ingress.class' && value !== 'traefik') return undefined;
  const prefix = PREFIXES.find((each) => name.startsWith(each));
  const whole = WHOLE[name];
  if (whole !== undefined) return whole;
  if (prefix !== undefined) return REPLACEMENTS[name.slice(prefix.length)];
  return /^traefik\.(?:frontend|backend)\./.test(name) ? 'a Middleware, or an annotation of the Service' : undefined;
}

/** A line for each annotation that Traefik 3 does not read. */
export function formerAnnotations(ingresses: readonly AnnotatedIngress[]): readonly string[] {
  return ingresses.flatMap(({ name, annotations }) =>
    Object.entries(annotations).flatMap(([annotation, value]) => {
      const replacement = replacementOf(annotation, value);
      return replacement === undefined ? [] : [`${name}: ${annotation} → ${replacement}`];
    }),
  );
}
