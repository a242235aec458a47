import type { JsonObject } from '../../src/core/json.ts';
import { printImageName } from '../../src/core/resource.ts';
import { probeImage } from '../../src/core/probe-image.ts';
import { ingress } from './web-routes.ts';

/** A web application as users have one: pods that say who they are, a Service, and an Ingress of no class for `host`. */
export function webApp(name: string, host: string): readonly JsonObject[] {
  const labels = { app: name };
  const metadata = { name, namespace: 'default' };
  const container = {
    name: 'web',
    image: printImageName(probeImage()),
    imagePullPolicy: 'IfNotPresent',
    args: ['serve'],
    ports: [{ containerPort: 8080 }],
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    ingress(name, host, [{ path: '/', service: name }]),
  ];
}
