import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { kubectl } from './kubernetes-lab.ts';
import { assertOk, type Lab } from './lab.ts';

/** A link of the chain that `konvoy explain service` follows. */
export interface Link {
  readonly id: string;
  readonly verdict: string;
  readonly summary: string;
}

/** A service of type LoadBalancer in front of the pods of `shop`. */
export function balancer(name: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'LoadBalancer', selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  };
}

/** MetalLB's values for one pool of layer 2. */
export function layer2Pool(addresses: string, name = 'default'): string {
  return `configInline:\n  address-pools:\n  - name: ${name}\n    protocol: layer2\n    addresses:\n    - ${addresses}\n`;
}

/** Services of a lab's cluster, in the namespace `default`, whose folder is `folder`. */
export function balancedServices(lab: Lab, folder: string) {
  const ours = (...args: string[]) => kubectl(lab, folder, ...args);
  return {
    async apply(...objects: readonly JsonObject[]): Promise<void> {
      const input = objects.map((object) => `${JSON.stringify(object)}\n`).join('');
      assertOk(await lab.seat(['kubectl', '--kubeconfig=admin.conf', 'apply', '--filename=-'], { cwd: folder, input }));
    },

    addressOf: (name: string, namespace = 'default') =>
      ours(
        `--namespace=${namespace}`,
        'get',
        'service',
        name,
        '--output=jsonpath={.status.loadBalancer.ingress[0].ip}',
      ),

    /** The host that announces a service by layer 2, as speakers say it. */
    async announcerOf(name: string): Promise<string> {
      const fields = `--output=jsonpath={.items[?(@.status.serviceName=="${name}")].status.node}`;
      const node = await ours('--namespace=kubeaddons', 'get', 'servicel2statuses', fields);
      const found = (await lab.status()).hosts.find(({ address }) => address === node);
      if (found === undefined) throw new Error(`${name} is announced by "${node}"`);
      return found.name;
    },

    async explain(name: string) {
      const args = ['explain', 'service', `default/${name}`, '--output', 'json'];
      const { exit, stdout } = await lab.konvoy(args, { cwd: folder });
      const { links } = JSON.parse(stdout) as { links: readonly Link[] };
      return { exit, broken: links.filter(({ verdict }) => verdict === 'broken'), links };
    },
  };
}

/** Waits until something holds, a minute at most; returns the seconds that took. */
export async function untilHolds(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<number> {
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  for (; passed() < seconds; await sleep(200)) if (await holds()) return passed();
  throw new Error(`not within ${seconds} s: ${what}`);
}
