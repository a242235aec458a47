import { expect, it } from 'vitest';
import { translateFormerValues } from './former-values.ts';

it('each value of Traefik 1.x with an equivalent comes out under its new name', () => {
  const { values, former } = translateFormerValues({
    replicas: 3,
    serviceType: 'LoadBalancer',
    loadBalancerIP: '10.0.50.30',
    externalTrafficPolicy: 'Local',
    ssl: { enabled: true, enforced: true },
    accessLogs: { enabled: true },
    debug: { enabled: false },
    kubernetes: { ingressClass: 'public', ingressEndpoint: { useDefaultPublishedService: true } },
    cpuRequest: '100m',
    nodeSelector: { a: 'b' },
  });
  expect(values).toEqual({
    deployment: { replicas: 3 },
    service: { spec: { type: 'LoadBalancer', loadBalancerIP: '10.0.50.30', externalTrafficPolicy: 'Local' } },
    ports: {
      websecure: { http: { tls: { enabled: true } } },
      web: { http: { redirections: { entryPoint: { to: 'websecure', scheme: 'https', permanent: true } } } },
    },
    accessLog: { enabled: true },
    providers: { kubernetesIngress: { ingressClass: 'public', publishedService: { enabled: true } } },
    resources: { requests: { cpu: '100m' } },
    nodeSelector: { a: 'b' },
  });
  expect(former.every(({ to }) => to !== undefined)).toBe(true);
});

it('what is off anyway is nothing to talk about; what is on and gone is', () => {
  const { values, former } = translateFormerValues({
    dashboard: { enabled: false },
    acme: { enabled: true, email: 'a@b.c' },
    ssl: { enabled: true, tlsMinVersion: 'VersionTLS12' },
    image: 'traefik',
  });
  expect(values).toEqual({ ports: { websecure: { http: { tls: { enabled: true } } } } });
  expect(former.filter(({ to }) => to === undefined).map(({ path }) => path)).toEqual([['acme'], ['ssl'], ['image']]);
});

it('what stands in today’s names wins over what is taken over', () => {
  const { values } = translateFormerValues({ replicas: 3, deployment: { replicas: 5 } });
  expect(values).toEqual({ deployment: { replicas: 5 } });
});
