import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import type { AddonSection } from '../../core/addon.ts';
import { helmRelease } from '../../facts/helm-release.ts';
import { desired } from './desired.ts';
import { formerAnnotations } from './former-annotations.ts';

const topology = topologyOf([
  ['10.0.50.11', 'control-plane'],
  ['10.0.50.21', 'worker'],
]);
const section: AddonSection = { enabled: true, values: {}, path: ['spec', 'addons', 0, 'addonsList', 1] };

describe('the release of Traefik', () => {
  it('has the name, the class and the replicas that Konvoy’s users know, and the user’s values over them', () => {
    const values = { deployment: { replicas: 3 }, service: { spec: { externalTrafficPolicy: 'Local' } } };
    const [release, ...others] = desired({ ...section, values, at: '10.0.50.11' }, topology);
    expect(others).toEqual([]);
    expect(release).toMatchObject({
      kind: 'helm-release',
      ensure: 'present',
      host: '10.0.50.11',
      release: 'traefik-kubeaddons',
      namespace: 'kubeaddons',
      values: {
        deployment: { replicas: 3 },
        ingressClass: { isDefaultClass: true, name: 'traefik' },
        podDisruptionBudget: { enabled: true, minAvailable: 1 },
        service: { spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } },
      },
    });
  });

  it('goes where the addon is not enabled, and is nobody’s business where there shall be no cluster', () => {
    expect(desired({ ...section, enabled: false }, topology)).toMatchObject([{ ensure: 'absent' }]);
    expect(desired(undefined, topology)).toEqual([]);
  });
});

it('annotations of Traefik 1.x are told with what replaces them; those of Traefik 3 are not', () => {
  const annotations = {
    'kubernetes.io/ingress.class': 'traefik',
    'traefik.ingress.kubernetes.io/service-weights': 'a: 90%\nb: 10%',
    'traefik.frontend.rule.type': 'PathPrefixStrip',
    'traefik.ingress.kubernetes.io/router.entrypoints': 'web',
    'nginx.ingress.kubernetes.io/rewrite-target': '/',
  };
  expect(formerAnnotations([{ name: 'shop/front', annotations }])).toEqual([
    'shop/front: kubernetes.io/ingress.class → spec.ingressClassName: traefik',
    'shop/front: traefik.ingress.kubernetes.io/service-weights → a TraefikService with spec.weighted, behind an IngressRoute',
    'shop/front: traefik.frontend.rule.type → a Middleware stripPrefix, and pathType',
  ]);
  const ofNginx = { name: 'shop/side', annotations: { 'kubernetes.io/ingress.class': 'nginx' } };
  expect(formerAnnotations([ofNginx])).toEqual([]);
});

describe('what Helm keeps of a release', () => {
  const question = { address: '10.0.50.11', port: 6443, namespace: 'kubeaddons', release: 'traefik-kubeaddons' };
  const parse = (stdout: string, exit = 0) => helmRelease.parse({ exit, stdout, stderr: 'refused' }, question);

  it('is read with the newest revision first; objects without a namespace are in that of the release', () => {
    const manifest =
      '---\n# Source: traefik/templates/a.yaml\nkind: Service\napiVersion: v1\nmetadata: {name: a}\n---\n---\nkind: IngressClass\nmetadata: {name: traefik}\n';
    const chart = { metadata: { name: 'traefik', version: '41.3.0-konvoy.2' } };
    const release = JSON.stringify({ chart, config: null, manifest });
    const id = 'kubeaddons/traefik-kubeaddons';
    const found = parse(`${id}\t9\tsuperseded\ttraefik\n${id}\t10\tdeployed\ttraefik\n=${id}/10\n${release}\n`);
    expect(found?.revisions.map(({ number }) => number)).toEqual([10, 9]);
    expect(found?.content).toMatchObject({ chart: 'traefik', version: '41.3.0-konvoy.2', values: {} });
    expect(found?.content?.objects.map(({ metadata: named }) => named)).toEqual([
      { name: 'a', namespace: 'kubeaddons' },
      { name: 'traefik' },
    ]);
  });

  it('is nothing where there is no release or no cluster, and unreadable where the API does not answer', () => {
    expect(parse('')).toBeUndefined();
    expect(parse('', 44)).toBeUndefined();
    expect(() => parse('', 1)).toThrow('refused');
    expect(parse('kubeaddons/traefik-kubeaddons\t1\tpending-install\t\n')).toEqual({
      revisions: [{ number: 1, status: 'pending-install', component: '' }],
      content: undefined,
    });
  });
});
