import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../bench/measure.ts';
import { startApiClient } from '../support/api-client.ts';
import { KUBERNETES, kubectl, labFrom, UNTIL, waitForHealth } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, SHARED_HOSTS } from '../support/lab.ts';
import { writeKubernetes } from '../support/network-configs.ts';
import { systemText } from '../support/user-edits.ts';
import { CONTROL_PLANES, VIP } from '../support/vip-lab.ts';

/** Milliseconds without a good answer through the virtual address: that of one failover. */
const LONGEST_GAP = 2500;

const NAME = 'api.example.org';
const PLUGINS = ['NodeRestriction', 'ExtendedResourceToleration'];
const QUOTA = '8589934592';
const SETTINGS = [
  [['controlPlane', 'certificate', 'subjectAlternativeNames'], [NAME]],
  [['admissionPlugins', 'enabled'], PLUGINS],
  [['etcd', 'extraArgs'], [{ name: 'quota-backend-bytes', value: QUOTA }]],
] as const;
const MAX_PODS = [['kubelet', 'extra', 'maxPods'], 123] as const;

describeAsRoot('settings of a living cluster', () => {
  let lab: Lab;
  let folder: string;
  const rows: string[][] = [];
  const konvoy = (...args: string[]) => lab.konvoy([...args, ...UNTIL], { cwd: folder });
  /** Runs `up` while a client asks for the API through its address. */
  const measured = async (what: string) => {
    const client = await startApiClient(lab.name, VIP, 6443);
    const began = Date.now();
    const outcome = await konvoy('up', '--yes');
    const seconds = (Date.now() - began) / 1000;
    const { requests, failed, longestGap } = await client.availabilitySince(began);
    await client.stop();
    rows.push([what, seconds.toFixed(0), `${failed} of ${requests}`, longestGap.toFixed(0)]);
    expect(requests - failed).toBeGreaterThan(50);
    expect(longestGap).toBeLessThan(LONGEST_GAP);
    return outcome;
  };
  /** The command line of a program as it runs on a host. */
  const running = (host: string, program: string) =>
    lab.onHost(host, 'sh', '-c', `tr '\\0' ' ' </proc/$(pidof ${program})/cmdline`);
  /** The names in the certificate that an API server shows now. */
  const namesServed = async (host: string) => {
    const { address } = await lab.hostStatus(host);
    const script = `openssl s_client -connect ${address}:6443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName`;
    return (await lab.seat(['sh', '-c', script])).stdout;
  };
  const expectNothingLeft = async () => {
    expect(assertOk(await konvoy('up', '--yes')).stdout).toContain('Nothing to do.');
    await waitForHealth(lab);
  };

  beforeAll(async () => {
    lab = await labFrom(KUBERNETES);
    folder = await lab.copyFolder();
  }, 900_000);

  afterAll(async () => {
    printTable(['What is changed', 'whole run, s', 'failed requests', 'longest time without a good answer, ms'], rows);
    await rm(folder, { recursive: true, force: true });
  });

  test('of its control planes show in a plan, and are carried host by host while the API goes on', async () => {
    await writeKubernetes(lab, folder, ...SETTINGS);
    const { stdout } = await konvoy('plan');
    expect(stdout).toContain(NAME);
    expect(stdout).toContain('kube-apiserver --enable-admission-plugins');
    expect(stdout).toContain('etcd --quota-backend-bytes');
    assertOk(await measured('a name, an admission plugin and a flag of etcd'));
    for (const host of CONTROL_PLANES) {
      expect(await running(host, 'kube-apiserver')).toContain(`--enable-admission-plugins=${PLUGINS.join(',')} `);
      expect(await running(host, 'etcd')).toContain(`--quota-backend-bytes=${QUOTA} `);
      await expect.poll(() => namesServed(host), { timeout: 90_000, interval: 1000 }).toContain(NAME);
    }
    const { read } = systemText(lab, lab.folder, 'kubeadm-config', 'ClusterConfiguration');
    expect(await read()).toMatch(new RegExp(`${NAME}[^]*${PLUGINS.join(',')}[^]*${QUOTA}`));
    await expectNothingLeft();
  });

  test('of its kubelets are carried to all nodes, and their pods go on', async () => {
    const restarts = () =>
      kubectl(
        lab,
        lab.folder,
        'get',
        'pods',
        '--namespace=kube-system',
        '--selector=k8s-app=kube-proxy',
        '--output=jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{"\\n"}{end}',
      );
    const before = await restarts();
    await writeKubernetes(lab, folder, ...SETTINGS, MAX_PODS);
    expect((await konvoy('plan')).stdout).toContain('kubelet maxPods');
    assertOk(await measured('a field of the kubelets on six hosts'));
    const capacity = ['get', 'nodes', '--output=jsonpath={.items[*].status.capacity.pods}'];
    await expect
      .poll(() => kubectl(lab, lab.folder, ...capacity), { timeout: 60_000, interval: 1000 })
      .toBe(SHARED_HOSTS.map(() => '123').join(' '));
    expect(await restarts()).toBe(before);
    await expectNothingLeft();
  });

  test('that do not do stop at the first host, and what was there before runs again', async () => {
    await writeKubernetes(
      lab,
      folder,
      ...SETTINGS,
      [['etcd', 'extraArgs'], [{ name: 'no-such-flag', value: '1' }]],
      MAX_PODS,
    );
    const outcome = await measured('a flag that etcd does not know, taken back');
    expect(outcome).toMatchObject({ exit: 1, stderr: expect.stringContaining('of 3 members of etcd are healthy') });
    for (const host of CONTROL_PLANES) {
      expect(await running(host, 'etcd')).toContain(`--quota-backend-bytes=${QUOTA} `);
    }
    await writeKubernetes(lab, folder, ...SETTINGS, MAX_PODS);
    await expectNothingLeft();
  });

  test('that are taken out of cluster.yaml go again', async () => {
    await rm(folder, { recursive: true, force: true });
    folder = await lab.copyFolder();
    assertOk(await measured('all of it taken out of cluster.yaml'));
    for (const host of CONTROL_PLANES) {
      expect(await running(host, 'etcd')).not.toContain('quota');
      await expect.poll(() => namesServed(host), { timeout: 90_000, interval: 1000 }).not.toContain(NAME);
    }
    expect(await lab.onHost('worker1', 'cat', '/var/lib/kubelet/config.yaml')).not.toContain('maxPods');
    await expectNothingLeft();
  });
});
