import { describe, expect, it } from 'vitest';
import { addonUsers } from './addon-users.ts';

const where = { address: '10.0.50.11', port: 6443 };
const parse = (serves: 'ingresses' | 'load-balancer-services', lines: readonly string[], values = {}) =>
  addonUsers.parse(
    { exit: 0, stdout: lines.map((line) => `${line}\n`).join(''), stderr: '' },
    { ...where, serves, values },
  );

/** What kubectl prints of classes and of Ingresses: name, kind, controller, class, annotation. */
const INGRESSES = [
  '/traefik\tIngressClass\ttraefik.io/ingress-controller\t\t',
  '/inner\tIngressClass\ttraefik.io/ingress-controller\t\t',
  '/nginx\tIngressClass\tk8s.io/ingress-nginx\t\t',
  '/weights\tIngressClass\tk8s.io/ingress-nginx\t\t',
  '/haproxy\tIngressClass\thaproxy.org/ingress-controller\t\t',
  'shop/plain\tIngress\t\ttraefik\t',
  'shop/inner\tIngress\t\tinner\t',
  'shop/nobodys\tIngress\t\t\t',
  'shop/old\tIngress\t\t\ttraefik',
  'shop/nginx\tIngress\t\tnginx\t',
  'shop/split\tIngress\t\tweights\t',
  'shop/annotated\tIngress\t\t\tnginx',
  'shop/haproxy\tIngress\t\thaproxy\t',
  'kubeaddons/dashboard\tIngress\t\ttraefik\t',
];

describe('what uses an addon', () => {
  it('is, of Traefik, every Ingress of a class with its controller, and every one without a class', () => {
    expect(parse('ingresses', INGRESSES)).toEqual(['shop/plain', 'shop/inner', 'shop/nobodys', 'shop/old']);
  });

  it('is also every Ingress of ingress-nginx’ classes where the release serves these', () => {
    const on = { providers: { kubernetesIngressNGINX: { enabled: true } } };
    expect(parse('ingresses', INGRESSES, on).slice(4)).toEqual(['shop/nginx', 'shop/split', 'shop/annotated']);
    const off = { providers: { kubernetesIngressNGINX: { enabled: false } } };
    expect(parse('ingresses', INGRESSES, off)).not.toContain('shop/split');
    const own = { enabled: true, controllerClass: 'haproxy.org/ingress-controller', ingressClass: 'none' };
    const named = parse('ingresses', INGRESSES, { providers: { kubernetesIngressNGINX: own } });
    expect(named.slice(4)).toEqual(['shop/haproxy']);
  });

  it('is, of MetalLB, every service of type LoadBalancer but those of addons', () => {
    const lines = ['shop/front\tLoadBalancer', 'shop/inner\tClusterIP', 'kubeaddons/traefik-kubeaddons\tLoadBalancer'];
    expect(parse('load-balancer-services', lines)).toEqual(['shop/front']);
  });
});
