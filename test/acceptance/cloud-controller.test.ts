import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeAwsCluster } from '../support/aws-cluster.ts';
import { bareLab, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, type Outcome } from '../support/lab.ts';
import { type CloudShown, LabAws, type LabCloud } from '../support/lab-aws.ts';
import { takeTestCredentials } from '../support/moto.ts';

const [CONTROL_PLANE, WORKER] = ['10.0.50.11', '10.0.50.21'];
const SERVICE = 'kubernetes.io/service-name';
const ANNOTATION = 'service.beta.kubernetes.io/aws-load-balancer';

/** A Service without pods: who is behind it is the nodes' business. */
const INTERNAL = (subnet: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'shop',
    namespace: 'default',
    annotations: {
      [`${ANNOTATION}-type`]: 'nlb',
      [`${ANNOTATION}-internal`]: 'true',
      [`${ANNOTATION}-subnets`]: subnet,
    },
  },
  spec: { type: 'LoadBalancer', selector: { app: 'shop' }, ports: [{ port: 8080 }] },
});

/**
 * A cluster of its own, of one control plane and one worker: a kubelet says when it joins whether a cloud's controller has to
 * initialise its node, so a cluster that was made elsewhere never shows that. AWS is moto, on the lab's own network.
 */
describeAsRoot('the cloud controller of AWS', () => {
  let lab: Lab;
  let folder: string;
  let aws: LabAws;
  let cloud: LabCloud;
  let up: Outcome;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const get = (...args: string[]) => kubectl(lab, folder, 'get', ...args);
  const hostname = (namespace: string, name: string) =>
    get('service', `--namespace=${namespace}`, name, '--output=jsonpath={.status.loadBalancer.ingress[0].hostname}');
  const ofService = ({ balancers }: CloudShown, name: string) => balancers.find(({ tags }) => tags[SERVICE] === name);

  /** Looks until it holds, 40 s at most. */
  async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
    let seen = await look();
    for (const end = Date.now() + 40_000; !holds(seen) && Date.now() < end; seen = await look()) await sleep(500);
    return seen;
  }

  beforeAll(async () => {
    takeTestCredentials();
    lab = await bareLab();
    folder = await lab.copyFolder();
    aws = await LabAws.start(lab, folder);
    cloud = await aws.make(lab.name, CONTROL_PLANE, WORKER);
    writeAwsCluster(lab, folder, aws, cloud, {
      without: ['10.0.50.12', '10.0.50.13', '10.0.50.22', '10.0.50.23'],
      endpoint: CONTROL_PLANE,
      more: '  addons:\n    - addonsList:\n        - {name: traefik, enabled: true}\n',
    });
    assertOk(await konvoy('deploy', 'kubernetes', '--yes'));
    const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => `--from-literal=${name}=test`);
    await kubectl(lab, folder, 'create', 'secret', 'generic', 'aws', '--namespace=kube-system', ...keys);
    up = await konvoy('up', '--yes');
  }, 480_000);

  afterAll(async () => {
    aws?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('initialises every node as the machine that it is, and only then pods start there', async () => {
    assertOk(up);
    const fields = [
      '.metadata.name',
      '.spec.providerID',
      '.metadata.labels.topology\\.kubernetes\\.io/zone',
      '.spec.taints[*].key',
    ];
    const lines = await get(
      'nodes',
      `--output=jsonpath={range .items[*]}${fields.map((field) => `{${field}}`).join(' ')}{"\\n"}{end}`,
    );
    const id = (address: string) => `aws:///${cloud.zone}/${cloud.instances[address]}`;
    expect(lines.trim().split('\n')).toEqual([
      `${CONTROL_PLANE} ${id(CONTROL_PLANE)} ${cloud.zone} node-role.kubernetes.io/control-plane`,
      `${WORKER} ${id(WORKER)} ${cloud.zone}`,
    ]);
    expect(assertOk(await konvoy('check', 'kubernetes')).stdout).toMatch(/has initialised every node +\[OK\] 2 nodes/);
  });

  test('Traefik has the name of a network load balancer that leads to the workers', async () => {
    const name = await hostname('kubeaddons', 'traefik-kubeaddons');
    const found = ofService(await aws.show(), 'kubeaddons/traefik-kubeaddons');
    expect(found).toMatchObject({ hostname: name, type: 'network', scheme: 'internet-facing', ports: [80, 443] });
    expect(new Set(found?.targets.map((target) => target.id))).toEqual(new Set([cloud.instances[WORKER]]));
    const explained = assertOk(await konvoy('explain', 'service', 'kubeaddons/traefik-kubeaddons'));
    expect(explained.stdout).toContain('every link holds');
  });

  test('there is nothing left to do while its Services are there', async () => {
    const again = assertOk(await konvoy('up', '--yes'));
    expect(again.stdout).toContain('Nothing to do.');
  });

  test('a Service gets one in the subnets that it names, and takes it away with it', async () => {
    const before = await aws.show();
    const input = JSON.stringify(INTERNAL(cloud.subnet));
    assertOk(await lab.seat(['kubectl', '--kubeconfig=admin.conf', 'apply', '--filename=-'], { cwd: folder, input }));
    const name = await eventually(
      () => hostname('default', 'shop'),
      (seen) => seen !== '',
    );
    const found = ofService(await aws.show(), 'default/shop');
    expect(found).toMatchObject({ hostname: name, type: 'network', scheme: 'internal', subnets: [cloud.subnet] });
    expect(found?.ports).toEqual([8080]);
    expect(found?.groups).toHaveLength(1);
    const port = Number(await get('service', 'shop', '--output=jsonpath={.spec.ports[0].nodePort}'));
    expect(found?.targets).toEqual([{ id: cloud.instances[WORKER], port }]);
    await kubectl(lab, folder, 'delete', 'service', 'shop', '--timeout=40s');
    const after = await aws.show();
    expect(after.balancers.map((each) => each.hostname)).toEqual(before.balancers.map((each) => each.hostname));
    expect([after.targetGroups, after.groups]).toEqual([before.targetGroups, before.groups]);
    expect(assertOk(await konvoy('provision', '--plan-only')).stdout).toContain('Nothing to do.');
  });
});
