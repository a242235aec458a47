import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { expectClearFailure } from '../support/clear-failure.ts';
import { clusterLab, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab, SHARED_HOSTS } from '../support/lab.ts';
import { type Pings, startPings } from '../support/pings.ts';

/** Milliseconds that packets may fail to arrive while the nodes move their routes, one after the other. */
const LONGEST_GAP_MS = 6000;

describeAsRoot('The network of pods', () => {
  let lab: Lab;
  let folder: string;
  /** The address of a pod, and two hosts that are not its own. */
  let pod: string;
  let hosts: readonly string[];
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });

  /** The lab's cluster.yaml with other fields of Calico. The MTU stands in it: no second rollout is needed for that. */
  const configured = async (name: string, fields: string) => {
    const text = await readFile(join(lab.folder, 'cluster.yaml'), 'utf8');
    writeFileSync(join(folder, name), text.replace(/^ {6}encapsulation: .*$/m, `      ${fields}`));
  };

  /** Changes the encapsulation while packets travel; prints what was lost. */
  const change = async (config: string) => {
    const pings = hosts.map((host) => startPings(lab, host, pod));
    const began = performance.now();
    const outcome = await konvoy('up', '--yes', '--config', config, '--accept', 'changes-encapsulation');
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const lost: readonly Pings[] = await Promise.all(pings.map((each) => each.stop()));
    for (const [index, { sent, lost: gone, longestGapMs }] of lost.entries()) {
      console.info(
        `to ${config} in ${seconds} s: ${hosts[index]} to a pod: ${gone} of ${sent} lost, longest gap ${longestGapMs} ms`,
      );
    }
    for (const { longestGapMs } of lost) expect(longestGapMs).toBeLessThan(LONGEST_GAP_MS);
    return assertOk(outcome);
  };

  beforeAll(async () => {
    lab = await clusterLab();
    folder = await lab.copyFolder();
    await lab.seat(['cp', 'admin.conf', folder]);
    for (const [name, mtu] of [
      ['vxlan', 1450],
      ['none', 1450],
      ['wide', 9000],
    ] as const) {
      const encapsulation = name === 'wide' ? 'vxlan' : name;
      await configured(`${name}.yaml`, `encapsulation: ${encapsulation}\n      mtu: ${mtu}`);
    }
    const fields = '{.items[0].status.podIP} {.items[0].status.hostIP}';
    const selector = ['--namespace=kube-system', '--selector=k8s-app=kube-dns'];
    const found = await kubectl(lab, folder, 'get', 'pods', ...selector, `--output=jsonpath=${fields}`);
    const [address = '', node = ''] = found.split(' ');
    pod = address;
    const { hosts: all } = await lab.status();
    hosts = all
      .filter((host) => host.address !== node && ['cp1', 'cp2', 'worker1'].includes(host.name))
      .map(({ name }) => name)
      .slice(0, 2);
  }, 600_000);

  test('is made once: another run, and a plan, find nothing to do', async () => {
    expect((await konvoy('plan', '--exit-code', '--config', 'vxlan.yaml')).stdout).toContain('Nothing to do.');
  });

  test('an MTU that the links of hosts do not carry is refused before anything is touched', async () => {
    expectClearFailure(await konvoy('up', '--yes', '--config', 'wide.yaml', '--accept', 'changes-pod-mtu'), {
      exit: 1,
      says: /preflight failed and nothing was changed: .*pod-mtu@10\.0\.50\.11/,
      hint: /errorsToIgnore/,
    });
  });

  test('a release that no Kubernetes of today can run is refused by plan, with the range', async () => {
    await configured('old.yaml', 'encapsulation: vxlan\n      version: v3.13.2');
    expect((await konvoy('validate', '--config', 'old.yaml')).exit).toBe(0);
    const plan = await konvoy('plan', '--config', 'old.yaml');
    expect(plan.exit).toBe(1);
    expect(plan.stdout).toContain(
      'Calico v3.13.2 cannot be deployed on Kubernetes 1.36.3: konvoy deploys v3.28.x to v3.32.x',
    );
  });

  test('changes from VXLAN to routes by BGP while packets travel, and the host’s rules follow behind it', { timeout: 400_000 }, async () => {
    const refused = await konvoy('up', '--yes', '--config', 'none.yaml');
    expectClearFailure(refused, { exit: 1, says: /changes-encapsulation/, hint: /--accept/ });
    const { stdout } = await change('none.yaml');
    expect(stdout).toContain('update pod-network:none');
    for (const host of SHARED_HOSTS) {
      expect(await lab.onHost(host, 'sh', '-c', 'ip route | grep -c "proto bird"; ip -br link show type vxlan')).toBe(
        '6',
      );
      expect(await lab.onHost(host, 'sh', '-c', 'iptables -S INPUT | grep VXLAN || true')).toBe('');
    }
    expect((await konvoy('plan', '--exit-code', '--config', 'none.yaml')).exit).toBe(0);
  });

  test('a policy of Calico’s own, applied with the bundle’s calicoctl, is enforced', async () => {
    const [host = ''] = hosts;
    const policy = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      metadata: { name: 'no-pings' },
      spec: {
        selector: "k8s-app == 'kube-dns'",
        types: ['Ingress'],
        ingress: [{ action: 'Deny', protocol: 'ICMP' }, { action: 'Allow' }],
      },
    };
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
    const calicoctl = (...args: string[]) =>
      lab.seat(['env', 'DATASTORE_TYPE=kubernetes', 'KUBECONFIG=admin.conf', 'calicoctl', ...args], { cwd: folder });
    const ping = async () => (await lab.host(host, ['ping', '-c', '1', '-W', '1', pod])).exit;
    const becomes = async (exit: number) => {
      for (let turn = 0; turn < 20 && (await ping()) !== exit; turn += 1);
      expect(await ping()).toBe(exit);
    };
    expect(await ping()).toBe(0);
    assertOk(await calicoctl('apply', '--filename=policy.json'));
    await becomes(1);
    assertOk(await calicoctl('delete', 'globalnetworkpolicy', 'no-pings'));
    await becomes(0);
  });

  test('changes back to VXLAN in the same way', { timeout: 400_000 }, async () => {
    await change('vxlan.yaml');
    for (const host of SHARED_HOSTS) {
      expect(
        await lab.onHost(
          host,
          'sh',
          '-c',
          'ip route | grep -c "dev vxlan.calico"; ip route | grep "proto bird" || true',
        ),
      ).toBe('5');
    }
    expect((await konvoy('plan', '--exit-code', '--config', 'vxlan.yaml')).exit).toBe(0);
  });
});
