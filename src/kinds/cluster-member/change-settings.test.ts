import { beforeEach, describe, expect, it } from 'vitest';
import { output } from '../../../test/support/fake-host.ts';
import { FIRST, member, MemberHosts, RECORD, SECOND, WORKER } from '../../../test/support/member-hosts.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';

interface Settings {
  readonly names?: readonly string[];
  readonly plugins?: string;
  readonly etcd?: Readonly<Record<string, string>>;
  readonly kubelet?: JsonObject;
}

const flags = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

/** A member with settings as cluster.yaml may have them. */
function wanted(host: string, { names = [], plugins, etcd = {}, kubelet = {} }: Settings = {}): ClusterMemberResource {
  const configuration = {
    kind: 'ClusterConfiguration',
    apiServer: {
      certSANs: ['10.0.50.20', ...names],
      extraArgs: flags(plugins === undefined ? {} : { 'enable-admission-plugins': plugins }),
    },
    etcd: { local: { dataDir: '/var/lib/etcd', extraArgs: flags(etcd) } },
  };
  const document = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', ...kubelet };
  const init = [{ kind: 'InitConfiguration' }, configuration, document];
  if (host === WORKER) return member(host, 'worker', { init: [], kubelet: document });
  return member(host, 'control-plane', { init, kubelet: document });
}

const HOSTS = [FIRST, SECOND, WORKER];
let fakes: MemberHosts;
const events = () => fakes.kubernetes.events;
const settle = async (settings: Settings, hosts: readonly string[] = HOSTS) => {
  for (const host of hosts) await fakes.settle(wanted(host, settings));
};
const judge = (host: string, settings: Settings) => fakes.judge(wanted(host, settings));
const expectNothingLeft = async (settings: Settings) => {
  for (const host of HOSTS) expect(await judge(host, settings)).toMatchObject({ fields: [], refusals: [] });
};

beforeEach(async () => {
  fakes = new MemberHosts();
  await settle({ kubelet: { cgroupDriver: 'systemd' } });
  events().length = 0;
});

describe('settings of a member', () => {
  it('are what it was founded with: nothing is left to do', async () => {
    await expectNothingLeft({ kubelet: { cgroupDriver: 'systemd' } });
  });

  it('show in a plan with what was before, on each host, and once for the members to come', async () => {
    const settings = {
      names: ['api.example.org'],
      plugins: 'NodeRestriction',
      etcd: { 'quota-backend-bytes': '8589934592' },
      kubelet: { cgroupDriver: 'systemd', maxPods: 200, kubeReserved: { cpu: '200m' } },
    };
    const ofHost = [
      {
        field: 'names in the certificate of the API server',
        before: 'kubernetes, 10.0.50.11, 10.0.50.20',
        after: 'kubernetes, 10.0.50.11, 10.0.50.20, api.example.org',
      },
      { field: 'kube-apiserver --enable-admission-plugins', after: 'NodeRestriction' },
      { field: 'etcd --quota-backend-bytes', after: '8589934592' },
      { field: 'kubelet maxPods', after: '200' },
      { field: 'kubelet kubeReserved.cpu', after: '200m' },
    ];
    expect(await judge(SECOND, settings)).toMatchObject({ verb: 'update', fields: ofHost });
    expect(await judge(FIRST, settings)).toMatchObject({
      fields: [
        ...ofHost,
        { field: 'kubeadm-config certSANs', before: '10.0.50.20', after: '10.0.50.20, api.example.org' },
        { field: 'kubeadm-config kube-apiserver --enable-admission-plugins', after: 'NodeRestriction' },
        { field: 'kubeadm-config etcd --quota-backend-bytes', after: '8589934592' },
        { field: 'kubelet-config maxPods', after: '200' },
        { field: 'kubelet-config kubeReserved.cpu', after: '200m' },
      ],
    });
    expect(await judge(WORKER, settings)).toMatchObject({ fields: ofHost.slice(3) });
  });

  it('are carried host by host, and to the cluster when the first host is well with them', async () => {
    const settings = {
      names: ['api.example.org'],
      etcd: { 'quota-backend-bytes': '8589934592' },
      kubelet: { maxPods: 200 },
    };
    await settle(settings);
    const ofControlPlane = (host: string) => [
      `${host} kubeadm init phase certs apiserver`,
      `${host} replaces kube-apiserver and etcd`,
    ];
    const ofKubelet = (host: string) => [
      `${host} kubeadm upgrade node phase kubelet-config`,
      `${host} kubelet restarts`,
    ];
    expect(events()).toEqual([
      ...ofControlPlane(FIRST),
      `${FIRST} kubeadm init phase upload-config kubeadm`,
      'the ConfigMap kubelet-config changes',
      ...ofKubelet(FIRST),
      ...ofControlPlane(SECOND),
      ...ofKubelet(SECOND),
      ...ofKubelet(WORKER),
    ]);
    await expectNothingLeft(settings);
  });

  it('restart nothing that is not concerned', async () => {
    await settle({ names: ['api.example.org'], kubelet: { cgroupDriver: 'systemd' } }, [SECOND]);
    expect(events()).toEqual([
      `${SECOND} kubeadm init phase certs apiserver`,
      `${SECOND} kubeadm init phase upload-config kubeadm`,
    ]);
    events().length = 0;
    const plugins = 'NodeRestriction,AlwaysPullImages';
    await settle({ names: ['api.example.org'], plugins, kubelet: { cgroupDriver: 'systemd' } }, [SECOND]);
    expect(events()).toEqual([
      `${SECOND} replaces kube-apiserver`,
      `${SECOND} kubeadm init phase upload-config kubeadm`,
    ]);
  });

  it('that are taken out of cluster.yaml are taken back; those that others gave stay', async () => {
    fakes.kubernetes.configuration = fakes.kubernetes.configuration.replace(
      'extraArgs: []',
      'extraArgs:\n    - name: audit-log-path\n      value: /var/log/audit',
    );
    await settle({ etcd: { 'snapshot-count': '5000' }, plugins: 'NodeRestriction', kubelet: { maxPods: 200 } });
    expect(fakes.kubernetes.configuration).toContain('audit-log-path');
    fakes.kubernetes.kubeletConfig += 'podPidsLimit: 1000\n';
    expect(await judge(WORKER, {})).toMatchObject({ fields: [{ field: 'kubelet maxPods', before: '200' }] });
    await settle({});
    await expectNothingLeft({});
    expect(fakes.at(FIRST).files.read('/etc/kubernetes/manifests/etcd.yaml')).not.toContain('snapshot-count');
    const manifest = fakes.at(SECOND).files.read('/etc/kubernetes/manifests/kube-apiserver.yaml');
    expect(manifest).toContain('--audit-log-path=/var/log/audit');
    expect(manifest).not.toContain('admission');
    expect(fakes.kubernetes.kubeletConfig).not.toContain('maxPods');
    expect(fakes.at(WORKER).files.read('/var/lib/kubelet/config.yaml')).toContain('podPidsLimit: 1000');
  });

  it('of a cluster that an earlier konvoy founded are compared with kubeadm’s configuration', async () => {
    await settle({ etcd: { 'snapshot-count': '5000' } });
    for (const host of HOSTS) fakes.at(host).files.write(RECORD, 'member\n', 0o600);
    await expectNothingLeft({ etcd: { 'snapshot-count': '5000' } });
    expect(await judge(SECOND, {})).toMatchObject({ fields: [{ field: 'etcd --snapshot-count', before: '5000' }] });
  });

  it('are the same to the kubelet however they are written: durations, and what Go leaves out', async () => {
    const kubelet = { streamingConnectionIdleTimeout: '1h', protectKernelDefaults: false };
    fakes = new MemberHosts();
    await settle({ kubelet });
    for (const { files } of fakes.hosts) {
      files.write('/var/lib/kubelet/config.yaml', 'streamingConnectionIdleTimeout: 1h0m0s\n', 0o644);
    }
    fakes.kubernetes.kubeletConfig = 'streamingConnectionIdleTimeout: 1h0m0s\n';
    await expectNothingLeft({ kubelet });
    expect(await judge(WORKER, { kubelet: { ...kubelet, failSwapOn: false } })).toMatchObject({
      fields: [{ field: 'kubelet failSwapOn', after: 'false' }],
    });
  });

  it('that pods cannot live through are refused', async () => {
    expect(await judge(WORKER, { kubelet: { cgroupDriver: 'cgroupfs' } })).toMatchObject({
      refusals: [expect.stringContaining('kubelet cgroupDriver is systemd and cannot become cgroupfs')],
    });
  });

  it('wait while etcd or another API server is not well', async () => {
    const settings = { plugins: 'NodeRestriction' };
    fakes.kubernetes.sick.add(FIRST);
    await expect(settle(settings, [SECOND])).rejects.toThrow(`etcd is not well at https://${FIRST}:2379`);
    fakes.kubernetes.sick.clear();
    fakes.kubernetes.silent.add(FIRST);
    await expect(settle(settings, [SECOND])).rejects.toThrow('does not answer');
    expect(events()).toEqual([]);
  });

  it('of a worker wait for the control planes, which bring them to the cluster', async () => {
    await expect(settle({ kubelet: { maxPods: 200 } }, [WORKER])).rejects.toThrow('waits for the control planes');
  });

  it('that kubeadm does not take are taken back where they were tried', async () => {
    const before = fakes.kubernetes.kubeletConfig;
    fakes.kubernetes.onEvent = (event) => {
      if (event.endsWith('kubelet-config changes')) fakes.kubernetes.failure = output('', 1, 'error: no such field\n');
    };
    await expect(settle({ kubelet: { cgroupDriver: 'systemd', maxPods: 200 } })).rejects.toThrow('no such field');
    expect(fakes.kubernetes.kubeletConfig).toBe(before);
    expect(fakes.at(FIRST).files.read('/var/lib/kubelet/config.yaml')).toBe(before);
  });

  it('with which a program does not get well are taken back there, and go nowhere else', async () => {
    const manifest = () => fakes.at(FIRST).files.read('/etc/kubernetes/manifests/etcd.yaml');
    const [before, inCluster] = [manifest(), fakes.kubernetes.configuration];
    fakes.at(FIRST).on('bash', () => output(manifest() === before ? '200' : ''));
    await expect(settle({ etcd: { 'no-such-flag': '1' } })).rejects.toThrow('cannot read health endpoint');
    expect(events()).toEqual([
      `${FIRST} replaces kube-apiserver and etcd`,
      `${FIRST} puts kube-apiserver and etcd back`,
    ]);
    expect(manifest()).toBe(before);
    expect(fakes.kubernetes.configuration).toBe(inCluster);
  });

  it('of a run that was killed are carried on by the next one', async () => {
    const settings = { etcd: { 'snapshot-count': '5000' }, kubelet: { maxPods: 200 } };
    fakes.kubernetes.onEvent = (event) => {
      if (event === `${SECOND} kubeadm upgrade node phase kubelet-config`) throw new Error('konvoy was killed');
    };
    await expect(settle(settings)).rejects.toThrow();
    fakes.kubernetes.onEvent = () => undefined;
    events().length = 0;
    await settle(settings);
    expect(events().filter((event) => event.startsWith(FIRST))).toEqual([]);
    expect(events().filter((event) => event.includes('etcd'))).toEqual([]);
    await expectNothingLeft(settings);
  });
});
