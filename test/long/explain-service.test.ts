import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { printTable } from '../../bench/measure.ts';
import { listAt, objectAt, overlay } from '../../src/core/json.ts';
import { nodesOf } from '../support/bgp-view.ts';
import { balancedServices, balancer, layer2Pool, type Link, untilHolds } from '../support/balanced-services.ts';
import { kubectl, labFrom, NETWORK } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { webApp } from '../support/web-app.ts';

/** Kubernetes’ label of a node that takes no traffic from outside. */
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

// Those that `script/test` has no time for; it shows three more, and `metallb.test.ts` two.
describeAsRoot('a service that is broken on purpose', () => {
  let lab: Lab;
  let folder: string;
  let workers: readonly string[];
  let services: ReturnType<typeof balancedServices>;
  const seen: [string, string, string][] = [];
  const mending: (() => Promise<unknown>)[] = [];
  const ours = (...args: string[]) => kubectl(lab, folder, ...args);

  /** The first broken link must be this one; what makes it whole again is done behind the test. */
  async function expectBroken(what: string, name: string, link: string, mend: () => Promise<unknown>): Promise<void> {
    mending.push(mend);
    let found: Link | undefined;
    // What was broken may take a moment to show.
    for (const end = Date.now() + 60_000; found?.id !== link && Date.now() < end; await sleep(500)) {
      [found] = (await services.explain(name)).broken;
    }
    expect([what, found?.id]).toEqual([what, link]);
    seen.push([what, link, found?.summary ?? '']);
  }

  beforeAll(async () => {
    lab = await labFrom(NETWORK);
    folder = await lab.copyFolder();
    workers = (await nodesOf(lab)).workers;
    services = balancedServices(lab, folder);
    const document = parseDocument(await readFile(join(folder, 'cluster.yaml'), 'utf8'));
    const values = layer2Pool('10.0.50.41-10.0.50.42');
    document.setIn(['spec', 'addons'], [{ addonsList: [{ name: 'metallb', enabled: true, values }] }]);
    await writeFile(join(folder, 'cluster.yaml'), document.toString());
    assertOk(await lab.konvoy(['up', '--yes'], { cwd: folder }));
    await services.apply(...webApp('shop', 'shop.example.com').slice(0, 1), balancer('whole'));
    await ours('rollout', 'status', 'deployment/shop', '--timeout=90s');
    await untilHolds('it is whole', async () => (await services.explain('whole')).exit === 0);
  }, 900_000);

  afterEach(async () => {
    for (const mend of mending.splice(0)) await mend();
    await untilHolds('it is whole again', async () => (await services.explain('whole')).exit === 0, 90);
  });

  afterAll(async () => {
    printTable(['Broken by', 'link', 'said'], seen);
    await rm(folder, { recursive: true, force: true });
  });

  const remove = (...names: string[]) => ours('delete', 'service', ...names);

  test('by a class of load balancers that is somebody else’s', async () => {
    await services.apply(balancer('class', { loadBalancerClass: 'example.com/other' }));
    await expectBroken('loadBalancerClass of somebody else', 'class', 'type', () => remove('class'));
  });

  test('by a pool that is full', async () => {
    await services.apply(balancer('second'));
    await untilHolds('the second has an address', async () => (await services.addressOf('second')) !== '');
    await services.apply(balancer('third'));
    await expectBroken('a pool of two, and a third service', 'third', 'address', () => remove('second', 'third'));
  });

  test('by pods that are not ready', async () => {
    const [deployment = {}] = webApp('sick', 'unused.example.com');
    const readinessProbe = { httpGet: { path: '/', port: 9 }, periodSeconds: 1 };
    const containers = listAt(deployment, 'spec', 'template', 'spec', 'containers').map((container) => ({
      ...objectAt(container),
      readinessProbe,
    }));
    const sick = overlay(deployment, { spec: { template: { spec: { containers } } } });
    await services.apply(sick, balancer('sick', { selector: { app: 'sick' } }));
    await untilHolds('there are pods', async () =>
      (await ours('get', 'pods', '--selector=app=sick')).includes('Running'),
    );
    await expectBroken('a readiness probe that fails', 'sick', 'endpoints', async () => {
      await ours('delete', 'deployment', 'sick');
      await remove('sick');
    });
  });

  test('by an advertisement that is gone', async () => {
    await ours('--namespace=kubeaddons', 'delete', 'l2advertisements', '--all');
    await expectBroken('the L2Advertisement deleted', 'whole', 'advertisement', async () =>
      assertOk(await lab.konvoy(['deploy', 'addons', '--yes'], { cwd: folder })),
    );
  });

  test('by nodes that are all kept out of load balancers', async () => {
    await ours('label', 'nodes', ...workers, `${EXCLUDED}=`);
    await expectBroken('every worker excluded', 'whole', 'nodes', () =>
      ours('label', 'nodes', ...workers, `${EXCLUDED}-`),
    );
  });

  test('by externalTrafficPolicy Local and pods where nobody announces', async () => {
    const [deployment = {}] = webApp('away', 'unused.example.com');
    const away = overlay(deployment, {
      spec: {
        template: {
          spec: {
            nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
            tolerations: [{ operator: 'Exists' }],
          },
        },
      },
    });
    await services.apply(away, balancer('away', { selector: { app: 'away' }, externalTrafficPolicy: 'Local' }));
    await ours('rollout', 'status', 'deployment/away', '--timeout=90s');
    await expectBroken('Local, its pods on control planes', 'away', 'traffic-policy', async () => {
      await ours('delete', 'deployment', 'away');
      await remove('away');
    });
  });

  test('by kube-proxy, which has lost its rule', async () => {
    const host = await services.announcerOf('whole');
    const address = await services.addressOf('whole');
    // kube-proxy would have it back within half a minute.
    const stop = [
      'kill -STOP $(pgrep -x kube-proxy)',
      'for i in iptables-nft iptables-legacy; do',
      `  $i -t nat -S KUBE-SERVICES 2>/dev/null | grep -F -- "-d $1/32" | sed 's/^-A/-D/' | xargs --no-run-if-empty -L1 $i -t nat`,
      'done',
    ].join('\n');
    await lab.onHost(host, 'sh', '-c', stop, 'sh', address);
    await expectBroken('kube-proxy stopped, its rule deleted', 'whole', 'kube-proxy', async () => {
      await lab.onHost(host, 'sh', '-c', 'kill -KILL $(pgrep -x kube-proxy)');
    });
  });

  test('by somebody else who answers for its address', async () => {
    const address = await services.addressOf('whole');
    const others = (await lab.status()).hosts.map(({ name }) => name);
    const entry = [address, 'lladdr', '02:00:00:00:00:99', 'dev', 'eth0', 'nud', 'permanent'];
    for (const name of others) await lab.onHost(name, 'ip', 'neighbour', 'replace', ...entry);
    await expectBroken('another MAC address in the neighbours’ tables', 'whole', 'arp', async () => {
      for (const name of others) await lab.onHost(name, 'ip', 'neighbour', 'del', address, 'dev', 'eth0');
    });
  });

  test('by a port that no pod listens on', async () => {
    await services.apply(balancer('port', { ports: [{ port: 80, targetPort: 9 }] }));
    await untilHolds('it has an address', async () => (await services.addressOf('port')) !== '');
    await expectBroken('a targetPort that nobody listens on', 'port', 'reach', () => remove('port'));
  });
});
