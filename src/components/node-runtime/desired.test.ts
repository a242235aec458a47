import { describe, expect, it } from 'vitest';
import { clusterText, configOf } from '../../../test/support/config-of.ts';
import { factsOfCluster, readyNode } from '../../../test/support/cluster-output.ts';
import type { FactView } from '../../core/fact.ts';
import type { FileResource, Resource } from '../../core/resource.ts';
import { revealText, Secret } from '../../core/secret.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import type { ClusterNode } from '../../facts/cluster-state.ts';
import { nodeRuntime } from './index.ts';

const CONTROL_PLANE = '10.0.50.11';
const WORKER = '10.0.50.21';
const INVENTORY = `control-plane: {hosts: {${CONTROL_PLANE}: {}}}\nnode: {hosts: {${WORKER}: {}}}\n`;

const networking = 'serviceSubnet: 10.96.0.0/16';
const kubernetes = (fields: string) => `  kubernetes: {networking: {${networking}}, ${fields}}\n`;
const PLAIN = kubernetes('version: 1.36.3');

/** Each host's `find` of registries prints these. */
const found = (names: readonly string[]): FactView => ({
  get: (question) => {
    const stdout = names.map((name) => `/etc/containerd/certs.d/${name}/hosts.toml\n`).join('');
    return { ok: true, value: question.parse({ exit: 0, stdout, stderr: '' }) };
  },
});

/** What is wanted on a host; `reset` wants nothing. */
function wanted(host: string, spec: string, registriesThere: readonly string[] = [], reset = false) {
  const { topology, sections, diagnostics } = configOf(clusterText(spec), INVENTORY);
  if (topology === undefined || sections === undefined) throw new Error(JSON.stringify(diagnostics));
  const section = reset ? undefined : sections['node-runtime'];
  const settled = nodeRuntime.discover?.(section, topology).settle(found(registriesThere), () => 0).section;
  return {
    resources: nodeRuntime.desired(settled, topology).filter((resource) => resource.host === host),
    remarks: nodeRuntime.remarks?.(settled, topology) ?? [],
  };
}

const briefly = (resources: readonly Resource[]) =>
  resources.map(({ address, host, ensure }) => `${ensure === 'absent' ? '-' : '+'} ${address.slice(host.length + 1)}`);

function fileAt(path: string, resources: readonly Resource[]): FileResource {
  const file = resources.find(
    (resource): resource is FileResource => resource.kind === 'file' && resource.path === path,
  );
  if (file === undefined) throw new Error(`no file ${path}`);
  return file;
}

const CONFIG = '/etc/containerd/config.toml';
const ENVIRONMENT = '/etc/containerd/konvoy-proxy.env';

describe('what runs below Kubernetes', () => {
  const HOST_LIST = [
    '+ kernel-module:overlay',
    '+ file:/etc/modules-load.d/konvoy-kubernetes.conf',
    '+ sysctl:net.ipv4.ip_forward',
    '+ file:/etc/sysctl.d/99-zz-konvoy-kubernetes.conf',
    '- swap:all',
    '+ package:containerd',
    '+ package:containernetworking-plugins',
    '+ program-copy:/opt/cni/bin/loopback',
    `+ file:${CONFIG}`,
    `- file:${ENVIRONMENT}`,
    '- file:/etc/systemd/system/containerd.service.d/konvoy-proxy.conf',
    '+ unit:containerd.service',
    '+ program:/usr/local/bin/kubeadm',
    '+ program:/usr/local/bin/kubelet',
    '+ file:/etc/systemd/system/kubelet.service',
    '+ images:kubernetes',
  ];

  it('is made from the kernel up: settings, containerd with its files, programs, images', () => {
    expect(briefly(wanted(WORKER, PLAIN).resources)).toEqual(HOST_LIST);
  });

  it('goes the other way round, all of it, and with it every registry file that a host has', () => {
    const gone = briefly(wanted(WORKER, PLAIN, ['quay.io', '_default'], true).resources);
    const registries = ['quay.io', '_default']
      .map((name) => `- file:/etc/containerd/certs.d/${name}/hosts.toml`)
      .sort();
    const list = HOST_LIST.map((line) => line.replace('+', '-')).reverse();
    const place = list.indexOf(`- file:${CONFIG}`);
    expect(gone).toEqual([...list.slice(0, place), ...registries.reverse(), ...list.slice(place)]);
  });

  it('of a control plane has the tools of etcd, too', () => {
    const programs = wanted(CONTROL_PLANE, PLAIN).resources.filter(({ kind }) => kind === 'program');
    expect(briefly(programs).slice(2)).toEqual(
      ['kubectl', 'etcdctl', 'etcdutl'].map((name) => `+ program:/usr/local/bin/${name}`),
    );
    expect(programs.at(-1)).toMatchObject({ part: { version: '3.6.8' } });
  });

  it('keeps kernel settings over a boot', () => {
    const { content } = fileAt('/etc/sysctl.d/99-zz-konvoy-kubernetes.conf', wanted(WORKER, PLAIN).resources);
    expect(content).toContain('\nnet.ipv4.ip_forward = 1\n');
  });

  it('leaves swap alone where the kubelet runs beside it', () => {
    const spec = kubernetes('kubelet: {extra: {failSwapOn: false}}');
    expect(wanted(WORKER, spec).resources.find(({ kind }) => kind === 'swap')).toMatchObject({ off: false });
    expect(wanted(WORKER, PLAIN).resources.find(({ kind }) => kind === 'swap')).toMatchObject({ off: true });
  });
});

describe('in an upgrade', () => {
  it('the kubelet of a living node is replaced when its host has its turn, everything else before', () => {
    const { topology: plain, sections } = configOf(clusterText(PLAIN), INVENTORY);
    if (plain === undefined || sections === undefined) throw new Error('no configuration');
    const componentsOf = (nodes: readonly ClusterNode[], upgrade: Topology['upgrade']) => {
      const topology = { ...plain, upgrade };
      const cluster = factsOfCluster(controlPlaneOf(topology), { nodes, configuration: '', calico: undefined });
      // Nobody was asked for registries.
      const facts: FactView = {
        get: (question) => (question.name === 'the cluster' ? cluster.get(question) : { ok: false, why: '' }),
      };
      const settled = nodeRuntime.discover?.(sections['node-runtime'], topology).settle(facts, () => 0).section;
      return nodeRuntime
        .desired(settled, topology)
        .filter(({ component }) => component !== 'node-runtime')
        .map(({ component, address }) => `${component}: ${address}`);
    };
    const nodes = [readyNode(CONTROL_PLANE, { version: 'v1.36.2' }), readyNode(WORKER, { version: 'v1.36.2' })];
    expect(componentsOf(nodes, { workersAtOnce: 1 })).toEqual([
      `control-plane: ${CONTROL_PLANE} program:/usr/local/bin/kubelet`,
      `workers: ${WORKER} program:/usr/local/bin/kubelet`,
    ]);
    expect(componentsOf([readyNode(CONTROL_PLANE)], { workersAtOnce: 1 })).toEqual([]);
    expect(componentsOf(nodes, undefined)).toEqual([]);
  });
});

describe('images', () => {
  const PROBE = 'konvoy.local/probe:1.0.0';

  function images(host: string, fields: string): readonly string[] {
    const resource = wanted(host, kubernetes(fields)).resources.find(({ kind }) => kind === 'images');
    return resource?.kind === 'images' ? resource.images.map(({ repository, tag }) => `${repository}:${tag}`) : [];
  }

  it('are those that a role runs', () => {
    const everywhere = [
      'registry.k8s.io/pause:3.10.2',
      'registry.k8s.io/kube-proxy:v1.36.3',
      'registry.k8s.io/coredns/coredns:v1.14.2',
    ];
    expect(images(WORKER, 'version: 1.36.3')).toEqual([...everywhere, PROBE]);
    expect(images(CONTROL_PLANE, 'version: 1.36.3')).toEqual([
      ...everywhere,
      'registry.k8s.io/kube-apiserver:v1.36.3',
      'registry.k8s.io/kube-controller-manager:v1.36.3',
      'registry.k8s.io/kube-scheduler:v1.36.3',
      'registry.k8s.io/etcd:3.6.8-0',
      PROBE,
    ]);
  });

  it('of a registry of the user’s own are none of the bundle’s but konvoy’s own, and a remark says so', () => {
    const fields = 'imageRepository: registry.example.com/k8s';
    expect(images(CONTROL_PLANE, fields)).toEqual([PROBE]);
    const { resources, remarks } = wanted(WORKER, kubernetes(fields));
    expect(remarks).toMatchObject([{ code: 'images-not-bundled', severity: 'info' }]);
    expect(revealText(fileAt(CONFIG, resources).content)).toContain(
      'sandbox_image = "registry.example.com/k8s/pause:3.10.2"',
    );
    expect(wanted(WORKER, PLAIN).remarks).toEqual([]);
  });

  it('have no etcd where cluster.yaml names another one', () => {
    const own = images(CONTROL_PLANE, 'etcd: {imageTag: 3.6.9-0}');
    expect(own.filter((image) => image.includes('etcd'))).toEqual([]);
    expect(own).toHaveLength(7);
    expect(images(CONTROL_PLANE, 'etcd: {imageTag: 3.6.8-0, imageRepository: registry.k8s.io}')).toHaveLength(8);
  });
});

describe('containerd’s configuration', () => {
  const registries = (text: string) => `${PLAIN}  imageRegistries:\n${text}`;
  const textOf = (path: string, spec: string) => revealText(fileAt(path, wanted(WORKER, spec).resources).content);

  it('names the pause image and the cgroup driver, in the version that 1.6 and 2.x read', () => {
    const file = fileAt(CONFIG, wanted(WORKER, PLAIN).resources);
    expect(file).toMatchObject({ mode: 0o644 });
    expect(file.check).toBeUndefined();
    expect(file.content).toBe(`# Managed by konvoy: changes made here are taken back by \`konvoy up\`.
version = 2

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "registry.k8s.io/pause:3.10.2"
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/opt/cni/bin"
conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
`);
    const spec = kubernetes('kubelet: {extra: {cgroupDriver: cgroupfs}}');
    expect(textOf(CONFIG, spec)).toContain('SystemdCgroup = false');
  });

  it('has a registry’s password by the host that is dialled, for root’s eyes only', () => {
    const spec = registries(
      `    - {server: 'https://registry.example.com:443', username: me, password: 'se"cret\\x'}\n    - {server: docker.io, identityToken: tok3n}\n`,
    );
    const file = fileAt(CONFIG, wanted(WORKER, spec).resources);
    expect(file.content).toBeInstanceOf(Secret);
    expect(file.mode).toBe(0o600);
    expect(revealText(file.content)).toContain(`
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example.com:443".auth]
username = "me"
password = "se\\"cret\\\\x"

[plugins."io.containerd.grpc.v1.cri".registry.configs."registry-1.docker.io".auth]
identitytoken = "tok3n"
`);
  });

  it('is no secret where a registry has no password', () => {
    const { content, mode } = fileAt(
      CONFIG,
      wanted(WORKER, registries('    - server: http://10.0.50.5:5000\n')).resources,
    );
    expect(content).not.toBeInstanceOf(Secret);
    expect(mode).toBe(0o644);
  });

  it('asks the default registry first for the images of every other one', () => {
    const spec = registries(
      '    - {server: "https://mirror.example.com/v2/proxy", default: true}\n    - server: http://10.0.50.5:5000\n',
    );
    const first =
      '[host."https://mirror.example.com/v2/proxy"]\ncapabilities = [ "pull", "resolve" ]\noverride_path = true\n';
    const at = (name: string) =>
      textOf(`/etc/containerd/certs.d/${name}/hosts.toml`, spec).split('\n').slice(1).join('\n');
    expect(at('_default')).toBe(first);
    expect(at('10.0.50.5:5000')).toBe(`server = "http://10.0.50.5:5000"\n\n${first}`);
    expect(at('mirror.example.com')).toBe('server = "https://mirror.example.com"\n');
  });

  it('takes the file of a registry away that is not named any more', () => {
    const spec = registries('    - server: quay.io\n');
    const { resources } = wanted(WORKER, spec, ['quay.io', 'old.example.com']);
    expect(briefly(resources).filter((line) => line.includes('certs.d'))).toEqual([
      '+ file:/etc/containerd/certs.d/quay.io/hosts.toml',
      '- file:/etc/containerd/certs.d/old.example.com/hosts.toml',
    ]);
  });

  const own = (data: string, replace = false) =>
    `${PLAIN}  containerRuntime:\n    containerd:\n      configData:\n        replace: ${replace}\n        data: |\n${data
      .split('\n')
      .map((line) => `          ${line}\n`)
      .join('')}`;

  it('is merged with what the user writes, whole numbers stay whole, and containerd is asked before it is put in place', () => {
    const spec = own(
      'oom_score = -999\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "mine:1"\nmax_concurrent_downloads = 5\n[plugins."io.containerd.gc.v1.scheduler"]\npause_threshold = 1.0',
    );
    const file = fileAt(CONFIG, wanted(WORKER, spec).resources);
    const text = revealText(file.content);
    expect(file.content).not.toBeInstanceOf(Secret);
    expect(text).toContain('oom_score = -999\n');
    expect(text).toContain('sandbox_image = "mine:1"\nrestrict_oom_score_adj = true\nmax_concurrent_downloads = 5\n');
    expect(text).toContain('pause_threshold = 1.0\n');
    expect(text).toContain('SystemdCgroup = true');
    expect(file.check?.join(' ')).toContain('containerd --config');
  });

  it('is what the user writes where that replaces it, and a secret where credentials stand in it', () => {
    const data = 'version = 2\n# mine\n[plugins."io.containerd.grpc.v1.cri".registry.headers]\nX-Key = ["hush-hush"]';
    const { content, mode } = fileAt(CONFIG, wanted(WORKER, own(data, true)).resources);
    expect(revealText(content).split('\n').slice(1, -1).join('\n')).toBe(data);
    expect(content).toBeInstanceOf(Secret);
    expect(mode).toBe(0o600);
  });
});

describe('containerd’s proxies', () => {
  const proxies = (http: string) =>
    `  kubernetes: {networking: {${networking}, httpProxy: '${http}', noProxy: [.corp]}}\n`;

  it('stand in a file of variables that the unit reads', () => {
    const { resources } = wanted(WORKER, proxies('http://proxy.corp:3128'));
    const environment = fileAt(ENVIRONMENT, resources);
    expect(environment.mode).toBe(0o644);
    expect(environment.content).toMatch(/\nHTTP_PROXY="http:\/\/proxy.corp:3128"\nNO_PROXY="127.0.0.1,.*,\.corp"\n$/);
    const dropIn = fileAt('/etc/systemd/system/containerd.service.d/konvoy-proxy.conf', resources);
    expect(dropIn.content).toContain(`[Service]\nEnvironmentFile=-${ENVIRONMENT}\n`);
    expect(resources.find(({ kind }) => kind === 'unit')).toMatchObject({
      reads: expect.arrayContaining([ENVIRONMENT]),
    });
  });

  it('are for root’s eyes only where they have a password', () => {
    const { content, mode } = fileAt(
      ENVIRONMENT,
      wanted(WORKER, proxies('http://me:pa%24s@proxy.corp:3128')).resources,
    );
    expect(mode).toBe(0o600);
    expect(content).toBeInstanceOf(Secret);
    expect(revealText(content)).toContain('HTTP_PROXY="http://me:pa%24s@proxy.corp:3128"\n');
  });
});
