import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectClearFailure } from '../support/clear-failure.ts';
import { rewrite } from '../support/firewall-folder.ts';
import { konvoyCommand } from '../support/konvoy-command.ts';
import { bareLab, kubectl } from '../support/kubernetes-lab.ts';
import { assertOk, describeAsRoot, type Lab } from '../support/lab.ts';
import {
  BALANCER,
  bundleWithout,
  singleControlPlane,
  SMALL_CLUSTER,
  startBalancer,
} from '../support/single-control-plane.ts';

const DOCKERS_CONFIG = 'disabled_plugins = ["cri"]\n';
const [CONTROL_PLANE, WORKER, OTHER_WORKER] = ['10.0.50.11', '10.0.50.21', '10.0.50.22'];

describeAsRoot('a cluster of one control plane behind somebody’s load balancer', () => {
  let lab: Lab;
  let folder: string;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const shell = (host: string, script: string) => lab.onHost(host, 'sh', '-c', script);
  /** Files, modes, sizes and times where konvoy writes. */
  const trees = () =>
    Promise.all(
      SMALL_CLUSTER.map((host) =>
        shell(
          host,
          "find /etc /usr /opt /var/lib -xdev -path /var/lib/systemd -prune -o -printf '%p %m %s %T@\\n' | sort",
        ),
      ),
    );
  /** Changes cluster.yaml into another file, which is then named with --config. */
  const variant = (name: string, change: (text: string) => string) =>
    rewrite(folder, 'cluster.yaml', change, `${name}.yaml`);

  beforeAll(async () => {
    lab = await bareLab();
    folder = await singleControlPlane(lab);
    await Promise.all([
      startBalancer(lab),
      lab.installPackages('worker2', 'containerd').then(async () => {
        await lab.host('worker2', ['sh', '-c', 'mkdir -p /etc/containerd; cat >/etc/containerd/config.toml'], {
          input: DOCKERS_CONFIG,
        });
      }),
    ]);
    variant('old', (text) => text.replace('  kubernetes:\n', '  kubernetes:\n    version: 1.29.0\n'));
    variant('newer', (text) => text.replace('  kubernetes:\n', '  kubernetes:\n    version: 1.36.9\n'));
    variant('default-subnet', (text) => text.replace(/\n +serviceSubnet: .*/, ''));
  }, 120_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  describe('what cannot become a member is refused before anything is written', () => {
    let before: readonly string[];
    beforeAll(async () => {
      await shell('cp1', 'systemd-run --quiet --unit=somebody python3 -m http.server 6443');
      await shell(
        'worker1',
        'mkdir -p /etc/kubernetes /var/lib/etcd/member; echo theirs >/etc/kubernetes/kubelet.conf',
      );
      before = await trees();
    });
    afterAll(async () => {
      await shell('worker1', 'rm -r /etc/kubernetes /var/lib/etcd');
    });

    test('a port of the API that somebody has taken', async () => {
      const outcome = await konvoy('up', '--yes');
      expectClearFailure(outcome, {
        exit: 1,
        says: /preflight failed and nothing was changed: ports-free@10\.0\.50\.11/,
        hint: /ss -ltnp/,
      });
      expect(outcome.stdout).toContain('python3 listens on 6443');
      await shell('cp1', 'systemctl stop somebody');
      expect(await trees()).toEqual(before);
    });

    test('a release that konvoy does not deploy', async () => {
      const outcome = await konvoy('up', '--yes', '--config', 'old.yaml');
      expectClearFailure(outcome, {
        exit: 1,
        says: /Kubernetes 1\.29\.0 cannot be deployed: konvoy deploys 1\.36\.x/,
        hint: /spec\.kubernetes\.version/,
      });
    });

    test('a host with what another cluster has left', async () => {
      const outcome = await konvoy('up', '--yes');
      const found = `${WORKER} cluster-member:worker: /etc/kubernetes/kubelet.conf, /var/lib/etcd/member are left of another cluster`;
      expect(outcome.exit).toBe(1);
      expect(outcome.stderr).toContain(found);
      expect(outcome.stderr).toContain(`kubeadm reset\` on ${WORKER}`);
      expect(await trees()).toEqual(before);
    });
  });

  describe('a configuration or a bundle that does not do is refused before anything is written', () => {
    let before: readonly string[];
    beforeAll(async () => {
      before = await trees();
    });

    test('subnets with the hosts in them, though validate only warns of the default, and the firewall may be set up', async () => {
      const says = /serviceSubnet 10\.0\.0\.0\/18 overlaps the address of the API, 10\.0\.50\.23, host 10\.0\.50\.11/;
      const outcome = await konvoy('up', '--yes', '--config', 'default-subnet.yaml');
      expectClearFailure(outcome, { exit: 1, says, hint: /write another spec\.kubernetes\.networking\.serviceSubnet/ });
      const planned = await konvoy('plan', '--config', 'default-subnet.yaml');
      expect(planned.exit).toBe(1);
      expect(planned.stdout).toMatch(says);
      assertOk(await konvoy('validate', '--config', 'default-subnet.yaml'));
      assertOk(await konvoy('plan', '--until', 'hosts', '--config', 'default-subnet.yaml'));
    });

    test('docker’s configuration of containerd, which is replaced only with consent', async () => {
      const outcome = await konvoy('up', '--yes');
      expectClearFailure(outcome, {
        exit: 1,
        says: /replaces-foreign-file@10\.0\.50\.22: .*\/etc\/containerd\/config\.toml/,
        hint: /--accept replaces-foreign-file/,
      });
    });

    test('a bundle without a part, one of another release, and none', async () => {
      const accept = ['deploy', 'kubernetes', '--yes', '--accept', 'replaces-foreign-file'];
      const { bundle = '' } = await lab.status();
      const poor = await bundleWithout(bundle, folder, ['kubeadm', 'etcdctl']);
      const hint = /konvoy bundle build/;
      const lacking = await konvoy(...accept, '--bundle', poor);
      expectClearFailure(lacking, { exit: 1, says: /lacks parts that this plan needs; nothing was changed/, hint });
      expect(lacking.stderr).toMatch(/^ {2}kubeadm 1\.36\.3 \(it has none\)\n {2}etcdctl 3\.6\.8 \(it has none\)$/m);
      const other = await konvoy(...accept, '--config', 'newer.yaml');
      expectClearFailure(other, { exit: 1, says: /^ {2}kubelet 1\.36\.9 \(it has 1\.36\.3\)$/m, hint });
      const withoutBundle = (...args: readonly string[]) => {
        const environment = ['--unset=KONVOY_BUNDLE', 'KONVOY_DOWNLOAD_MIRROR=http://127.0.0.1:9999'];
        return lab.seat(['env', ...environment, ...konvoyCommand(), ...accept, ...args], { cwd: folder });
      };
      expectClearFailure(await withoutBundle('--config', 'newer.yaml'), {
        exit: 1,
        says: /^ {2}kubelet 1\.36\.9 \(it has 1\.36\.2, 1\.36\.3\)$/m,
        hint: /--bundle or KONVOY_BUNDLE/,
      });
      expectClearFailure(await withoutBundle(), {
        exit: 1,
        says: /http:\/\/127\.0\.0\.1:9999\/release\/v1\.36\.3\/.* cannot be reached: .*ECONNREFUSED/,
        hint: /--bundle DIR/,
      });
      expect(await trees()).toEqual(before);
    });
  });

  test('what kubeadm itself refuses is told with host and hint, stays, and is out of the way before the next run', async () => {
    const theirs = '/etc/kubernetes/manifests/etcd.yaml';
    await shell('cp1', `mkdir -p /etc/kubernetes/manifests; echo theirs >${theirs}`);
    const outcome = await konvoy('deploy', 'kubernetes', '--yes', '--accept', 'replaces-foreign-file');
    expectClearFailure(outcome, {
      exit: 1,
      says: new RegExp(`${CONTROL_PLANE}: kubeadm init refuses:\\n +${theirs} already exists \\(FileAvailable--`),
      hint: /move it away/,
    });
    expect(await shell('cp1', `cat ${theirs}`)).toBe('theirs');
    expect((await konvoy('plan')).stdout).toContain('create cluster-member:control-plane');
    await shell('cp1', `rm ${theirs}`);
  });

  test('a worker that is cut off: the rest is done, and a later run completes', async () => {
    assertOk(await lab.lab('cut', 'worker2'));
    const outcome = await konvoy('deploy', 'kubernetes', '--yes').finally(() => lab.lab('heal', 'worker2'));
    expectClearFailure(outcome, { exit: 1, says: new RegExp(`left out: ${OTHER_WORKER}`), hint: /run the same again/ });
    expect(await kubectl(lab, folder, 'get', 'nodes', '--output=name')).toBe(`node/${CONTROL_PLANE}\nnode/${WORKER}`);
    assertOk(await konvoy('deploy', 'kubernetes', '--yes'));
    expect(await kubectl(lab, folder, 'get', 'nodes', '--output=name')).toContain(`node/${OTHER_WORKER}`);
  });

  test('the API answers through the load balancer, and there is nothing left to do', async () => {
    const server = await kubectl(lab, folder, 'config', 'view', '--output=jsonpath={.clusters[0].cluster.server}');
    expect(server).toBe(`https://${BALANCER}`);
    expect(await kubectl(lab, folder, 'get', '--raw=/readyz')).toBe('ok');
    expect(assertOk(await konvoy('deploy', 'kubernetes', '--yes')).stdout).toContain('Nothing to do.');
    const checked = await konvoy('check', 'kubernetes', '--until', 'kubernetes');
    expect(checked.exit).toBe(0);
    expect(checked.stdout).toContain('etcd has 1 healthy member');
  });

  test('a reset puts back what others had configured, and leaves what konvoy has not installed', async () => {
    assertOk(await konvoy('reset', '--limit', OTHER_WORKER, '--confirm', lab.name));
    expect(await shell('worker2', 'cat /etc/containerd/config.toml; dpkg-query -W containerd')).toMatch(
      /^disabled_plugins = \["cri"\]\ncontainerd\t/,
    );
  });
});
