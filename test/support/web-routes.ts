import type { JsonObject, JsonValue } from '../../src/core/json.ts';

/** One way of an Ingress: a path, how it is compared, and the Service behind it. */
export interface WebPath {
  readonly path: string;
  readonly pathType?: 'Exact' | 'Prefix';
  readonly service: string;
}

/** An Ingress in `default`. */
export function ingress(
  name: string,
  host: string,
  paths: readonly WebPath[],
  more: { readonly className?: string; readonly annotations?: JsonObject; readonly tlsSecret?: string } = {},
): JsonObject {
  const { className, annotations = {}, tlsSecret } = more;
  const spec: Record<string, JsonValue> = {
    rules: [
      {
        host,
        http: {
          paths: paths.map(({ path, pathType = 'Prefix', service }) => ({
            path,
            pathType,
            backend: { service: { name: service, port: { number: 80 } } },
          })),
        },
      },
    ],
  };
  if (className !== undefined) spec.ingressClassName = className;
  if (tlsSecret !== undefined) spec.tls = [{ hosts: [host], secretName: tlsSecret }];
  const metadata = { name, namespace: 'default', annotations };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec };
}

/** The class of Ingresses that Traefik reads as ingress-nginx did. */
export const NGINX_CLASS: JsonObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'nginx' },
  spec: { controller: 'k8s.io/ingress-nginx' },
};

/** Two Ingresses of that class for one host: the second gets `weight` of a hundred requests. */
export function splitTraffic(host: string, most: string, few: string, weight: number): readonly JsonObject[] {
  const annotations = {
    'nginx.ingress.kubernetes.io/canary': 'true',
    'nginx.ingress.kubernetes.io/canary-weight': String(weight),
  };
  const className = 'nginx';
  return [
    NGINX_CLASS,
    ingress('most', host, [{ path: '/', service: most }], { className }),
    ingress('few', host, [{ path: '/', service: few }], { className, annotations }),
  ];
}
