import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEPLOYER_ADDRESS } from '../../src/lab/lab-plan.ts';
import { startApiClient } from '../support/api-client.ts';
import { writeAwsCluster } from '../support/aws-cluster.ts';
import { bareLab, UNTIL } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import { LabAws } from '../support/lab-aws.ts';
import { takeTestCredentials } from '../support/moto.ts';
import type { SeatServer } from '../support/seat-server.ts';

const CONTROL_PLANES = { cp1: '10.0.50.11', cp2: '10.0.50.12', cp3: '10.0.50.13' } as const;
const WORKER = '10.0.50.21';
const MEMBERS = [...Object.values(CONTROL_PLANES), WORKER];
const HOSTS = ['cp1', 'cp2', 'cp3', 'worker1'] as const;
/** A load balancer takes a target out after two failed checks; these are half a second apart here, and ten seconds on AWS. */
const LONGEST_GAP = 4000;

/**
 * A cluster whose API is known by the name of the load balancer that konvoy makes, and by nothing else. AWS's imitation holds
 * the balancer and its targets; a forwarder on the lab's network passes the connections on.
 */
describeAsRoot('a cluster behind the load balancer of AWS', () => {
  let lab: Lab;
  let folder: string;
  let aws: LabAws;
  let balancer: SeatServer;
  let name: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  /** What the forwarder has passed on since: pairs of client and target. */
  const passedOn = (since = '') =>
    balancer
      .output()
      .slice(since.length)
      .trim()
      .split('\n')
      .map((line) => line.split(' '));

  beforeAll(async () => {
    takeTestCredentials();
    lab = await bareLab();
    folder = await lab.copyFolder();
    aws = await LabAws.start(lab, folder);
    const cloud = await aws.make(lab.name, ...MEMBERS);
    writeAwsCluster(lab, folder, aws, cloud, { without: ['10.0.50.22', '10.0.50.23'], endpoint: undefined });
    balancer = await aws.playBalancer(6443);
    assertOk(await konvoy('provision', '--yes'));
    name = /control_plane_endpoint: (\S+):6443/.exec(readFileSync(join(folder, 'inventory.yaml'), 'utf8'))?.[1] ?? '';
    // What AWS's name servers answer.
    const hosts = `printf '${DEPLOYER_ADDRESS} ${name}\\n' >>/etc/hosts`;
    for (const host of HOSTS) await lab.onHost(host, 'sh', '-c', hosts);
  }, 600_000);

  afterAll(async () => {
    balancer?.stop();
    aws?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('forms, and every member asks the API through the name', async () => {
    expect((await aws.show()).balancers).toMatchObject([{ hostname: name, type: 'network', ports: [6443] }]);
    const began = performance.now();
    assertOk(await konvoy('deploy', 'kubernetes', '--yes'));
    const seconds = (performance.now() - began) / 1000;
    // kubelets of control planes ask the API server beside them (kubeadm's ControlPlaneKubeletLocalMode).
    const kubelet = await lab.onHost('worker1', 'grep', 'server:', '/etc/kubernetes/kubelet.conf');
    expect(kubelet.trim()).toBe(`server: https://${name}:6443`);
    const passed = passedOn();
    expect(new Set(passed.map(([client]) => client))).toEqual(new Set(MEMBERS));
    const hairpins = passed.filter(([client, target]) => client === target);
    console.log(
      `behind the balancer: three control planes and a worker in ${seconds.toFixed(0)} s, ${hairpins.length} hairpins`,
    );
    expect(assertOk(await konvoy('check', 'kubernetes', ...UNTIL)).stdout).not.toContain('[ERROR]');
  });

  test('nothing is left to do', async () => {
    expect(assertOk(await konvoy('deploy', 'kubernetes', '--yes')).stdout).toContain('Nothing to do.');
  });

  test('a control plane that asks through the name is answered also where the balancer picks itself', async () => {
    const before = balancer.output();
    const asks = `for n in 1 2 3 4 5 6 7 8 9; do curl --silent --insecure --max-time 5 https://${name}:6443/readyz || exit 1; done`;
    expect(await lab.onHost('cp1', 'sh', '-c', asks)).toBe('ok'.repeat(9));
    const ofItself = passedOn(before).filter(([client]) => client === CONTROL_PLANES.cp1);
    expect(new Set(ofItself.map(([, target]) => target))).toEqual(new Set(Object.values(CONTROL_PLANES)));
  });

  test('status names the load balancer and its targets', async () => {
    const status = assertOk(await konvoy('status')).stdout;
    expect(status).toContain(name);
  });

  test('the API answers on while one control plane is away', async () => {
    const client = await startApiClient(lab.name, DEPLOYER_ADDRESS, 6443);
    try {
      const began = Date.now();
      assertOk(await lab.lab('cut', 'cp2'));
      const { longestGap, failed, requests } = await client.availabilitySince(began);
      console.log(
        `behind the balancer: link of a control plane cut, ${failed} of ${requests} failed, longest gap ${longestGap} ms`,
      );
      expect(longestGap).toBeLessThan(LONGEST_GAP);
    } finally {
      assertOk(await lab.lab('heal', 'cp2'));
      await client.stop();
    }
  });
});
