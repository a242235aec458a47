import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import type { NodeTaint } from '../../src/core/resource.ts';
import {
  ADMIN_CONF,
  type ClusterNode,
  LABELS_ANNOTATION,
  TAINTS_ANNOTATION,
  UPGRADE_ANNOTATION,
} from '../../src/facts/cluster-state.ts';
import { stringify } from 'yaml';
import { type JsonObject, textAt } from '../../src/core/json.ts';
import { adminConf } from './admin-conf.ts';
import { printCluster, readyNode } from './cluster-output.ts';
import { type FakeHost, output } from './fake-host.ts';
import {
  certificateFor,
  documentsIn,
  imagesInManifests,
  keepManifests,
  putBackManifests,
  writeManifests,
} from './fake-member-files.ts';
import type { FakeSystemd } from './fake-systemd.ts';

/** A certificate of no use to anybody, and the digest of its public key as kubeadm writes it. */
export const CA_PEM = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUcO9Jch2HUUPYXPns9lrhUGlA4SowCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjQxMTM3MTJaGA8yMTI2MTAz
MTExMzcxMlowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABKb5Q2JqDrHlUReScnD8gZ1OZ0KHLvnEEQV82SBGRhoaPkrBdmxP
WuMs7FbtcmLskU/rnO+zRvozGtsu03OmA0ijUzBRMB0GA1UdDgQWBBTeQ0LblKvf
4wD3xIuqv4eNph23djAfBgNVHSMEGDAWgBTeQ0LblKvf4wD3xIuqv4eNph23djAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDkM9H+8uNu8LPf0v/O
atxL+XdcVI7D4eAH01GMb4M+ugIgMlJ5/VSEuM1osSTftp4q5WgqLpjbH7Sv5ZHn
3PSjirs=
-----END CERTIFICATE-----
`;
export const CA_HASH = 'sha256:b07fd3de35cc648345b7dd726a42d078bb0953d5439248f1a1ceefa9ec595e7f';

interface FakeNode {
  /** Of its kubelet as it runs, without a leading v. */
  version: string;
  unschedulable: boolean;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  taints: NodeTaint[];
  providerId?: string;
}

const KEYS = ['ca.key', 'sa.key', 'sa.pub', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'etcd/ca.crt', 'etcd/ca.key'];

function toClusterNode(name: string, node: FakeNode): ClusterNode {
  const { version, unschedulable, labels, annotations, taints, providerId = '' } = node;
  const upgrading = annotations[UPGRADE_ANNOTATION];
  const listed = (annotation: string) => (annotations[annotation] ?? '').split(',').filter((word) => word !== '');
  return readyNode(name, {
    version: `v${version}`,
    unschedulable,
    upgrading: upgrading === 'open' || upgrading === 'closed' ? upgrading : undefined,
    labels,
    taints,
    ownTaints: listed(TAINTS_ANNOTATION),
    ownLabels: listed(LABELS_ANNOTATION),
    providerId,
  });
}

/** A merge patch of a map (RFC 7386): null takes away. */
function merge(map: Record<string, string>, patch: Readonly<Record<string, string | null>>): void {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete map[name];
    else map[name] = value;
  }
}

/** How kubeadm join ends where it does not trust who answers. */
function notTheApi(why: string): CommandOutput {
  const what = "couldn't validate the identity of the API Server";
  return output('', 1, `error: error execution phase preflight: ${what}: ${why}\n`);
}

/** One cluster over several fake hosts: kubeadm, kubectl and etcdctl of each work on the same nodes and members. */
export class FakeKubernetes {
  readonly nodes = new Map<string, FakeNode>();
  readonly etcdMembers = new Set<string>();
  readonly tokens = new Set<string>();
  /** Every token that a join was tried with. */
  readonly joinedWith: string[] = [];
  kubeletConfig = 'kind: KubeletConfiguration\n';
  configuration = 'kind: ClusterConfiguration\nkubernetesVersion: v1.36.3\nnetworking:\n  podSubnet: 192.168.0.0/16\n';
  /** The release of kubeadm and the kubelet as they lie on each host. */
  installed = '1.36.3';
  /** What was done to living nodes, in order: `10.0.50.11 kubeadm upgrade apply`. */
  readonly events: string[] = [];
  /** Called with each of them before it happens; what it throws ends the command. */
  onEvent: (event: string) => void = () => {};
  /** Hosts whose API server does not answer. */
  readonly silent = new Set<string>();
  /** Hosts whose etcd is not healthy. */
  readonly sick = new Set<string>();
  /** `ended`: a token has run out by the time that somebody comes with it. */
  tokenLife: 'long' | 'ended' = 'long';
  /** The public key of the CA of whoever answers at the endpoint, as kubeadm writes it. */
  answering = CA_HASH;
  /** What a drain ends with instead of doing its work. */
  drainFailure: string | undefined;
  /** What the next kubeadm ends with instead of doing its work. */
  failure: CommandOutput | undefined;

  constructor(hosts: readonly FakeHost[], systemd: readonly FakeSystemd[]) {
    for (const [index, host] of hosts.entries()) {
      const kubelet = systemd[index];
      kubelet?.add('kubelet.service');
      if (kubelet !== undefined) kubelet.onRestart = () => this.#restartKubelet(host);
      host.files.makeFolders('/etc/kubernetes');
      host
        .on('kubeadm', (argv, _stdin, at) => this.#kubeadm(argv, at, systemd[index]))
        .on('kubelet', () => output(`Kubernetes v${this.installed}\n`))
        .on('grep', () => output(imagesInManifests(host), host.files.get(ADMIN_CONF) === undefined ? 2 : 0))
        .on('bash', () => output('200'))
        .on('kubectl', (argv, stdin) => this.#kubectl(argv, stdin))
        .on('etcdctl', (argv) => this.#etcdctl(argv))
        .on('date', () => output('2026-11-24T12:15:00Z\n'))
        .on('sh', (argv, _stdin, at) => this.#shell(argv, at));
    }
  }

  #tell(event: string): void {
    this.onEvent(event);
    this.events.push(event);
  }

  get #cluster(): JsonObject {
    return documentsIn(this.configuration)[0] ?? {};
  }

  #writeKubeletConfig({ files }: FakeHost): void {
    files.makeFolders('/var/lib/kubelet');
    files.write('/var/lib/kubelet/config.yaml', this.kubeletConfig, 0o644);
  }

  /** `kubeadm init phase certs apiserver` and `… upload-config kubeadm`, with the documents that konvoy wrote. */
  #initPhase(phase: string, host: FakeHost): CommandOutput {
    const documents = documentsIn(host.files.read('/run/konvoy/kubeadm.yaml') ?? '');
    const cluster = documents.find(({ kind }) => kind === 'ClusterConfiguration') ?? {};
    this.#tell(`${host.address} kubeadm init phase ${phase}`);
    if (phase === 'upload-config kubeadm') this.configuration = stringify(cluster);
    else {
      const folder = textAt(cluster, 'certificatesDir') ?? '';
      host.files.makeFolders(folder);
      host.files.write(`${folder}/apiserver.crt`, certificateFor(cluster), 0o644);
    }
    return output('');
  }

  #restartKubelet({ address }: FakeHost): void {
    const node = this.nodes.get(address);
    if (node === undefined) return;
    this.#tell(`${address} kubelet restarts`);
    node.version = this.installed;
  }

  /** As kubeadm goes on after each program that it has replaced. */
  #upgrade([verb = '', version = '']: readonly string[], host: FakeHost): CommandOutput {
    const configured = textAt(this.#cluster, 'kubernetesVersion') ?? '';
    const wanted = verb === 'apply' ? version : configured;
    if (version === 'phase') {
      this.#tell(`${host.address} kubeadm upgrade node phase kubelet-config`);
      this.#writeKubeletConfig(host);
      return output('');
    }
    const isControlPlane = host.files.get(ADMIN_CONF) !== undefined;
    this.#tell(`${host.address} kubeadm upgrade ${verb}`);
    if (isControlPlane) writeManifests(host, { ...this.#cluster, kubernetesVersion: wanted });
    if (verb === 'apply') this.configuration = this.configuration.replace(configured, wanted);
    return output('');
  }

  #shell(argv: Argv, host: FakeHost): CommandOutput {
    if (argv[2]?.includes('kubeadm.XXXXXX')) return this.#kubeadm(argv.slice(4), host, undefined);
    if (argv[2]?.includes('kubeadm init phase $phase')) {
      if (this.failure !== undefined) return this.failure;
      const pods = argv.slice(5);
      this.#tell(`${host.address} replaces ${pods.join(' and ')}`);
      const documents = documentsIn(host.files.read(argv[4] ?? '') ?? '');
      keepManifests(host, pods);
      writeManifests(host, documents.find(({ kind }) => kind === 'ClusterConfiguration') ?? {}, pods);
      return output('');
    }
    if (argv[2]?.includes('rejected.XXXXXX')) {
      this.#tell(`${host.address} puts ${argv.slice(4).join(' and ')} back`);
      putBackManifests(host, argv.slice(4));
      return output('');
    }
    if (argv[2]?.includes('konvoy-certificate')) {
      const [from, to] = ['/etc/kubernetes/konvoy-certificate', '/etc/kubernetes/pki'];
      if (argv[2].includes('mv -f')) host.files.rename(`${from}/apiserver.crt`, `${to}/apiserver.crt`);
      return output('');
    }
    if (argv[2]?.includes('CERTIFICATE')) return output(`1800000000\nfile pki/apiserver.crt\n${CA_PEM}`);
    if (argv[2]?.includes('/readyz')) {
      const begun = host.files.read('/var/lib/konvoy/cluster-member')?.startsWith('begun');
      if (host.files.get(ADMIN_CONF) === undefined || begun) return output('', 44);
      return this.silent.has(host.address) ? output('', 1, 'dial tcp: connection refused\n') : output('ok');
    }
    if (argv[2]?.includes('kubeadm-config')) {
      const begun = host.files.read('/var/lib/konvoy/cluster-member')?.startsWith('begun');
      if (host.files.get(ADMIN_CONF) === undefined || begun) return output('', 44);
      if (this.silent.has(host.address)) return output('', 1, 'dial tcp: connection refused\n');
      const nodes = [...this.nodes].map(([name, node]) => toClusterNode(name, node));
      const { configuration, kubeletConfig } = this;
      return output(printCluster({ nodes, configuration, kubeletConfig, calico: undefined }));
    }
    for (const path of host.files.files()) {
      if (path.startsWith('/etc/kubernetes/') || path.startsWith('/var/lib/etcd/')) host.files.remove(path);
    }
    return output('');
  }

  #kubeadm(argv: readonly string[], host: FakeHost, systemd: FakeSystemd | undefined): CommandOutput {
    if (argv[1] === 'version') return output(`v${this.installed}\n`);
    const { failure } = this;
    if (failure !== undefined) return failure;
    if (argv[1] === 'upgrade') return this.#upgrade(argv.slice(2), host);
    if (argv[2] === 'phase') return this.#initPhase(argv.slice(3, 5).join(' '), host);
    const text = host.files.read('/run/konvoy/kubeadm.yaml') ?? '';
    const isJoin = argv[1] === 'join';
    const token = /token: (\S+)/.exec(text)?.[1] ?? '';
    if (isJoin) {
      this.joinedWith.push(token);
      if (!this.tokens.has(token) || this.tokenLife === 'ended') {
        return notTheApi(
          `could not find a JWS signature in the cluster-info ConfigMap for token ID "${token.slice(0, 6)}"`,
        );
      }
      if (!text.includes(this.answering)) {
        const why = `none of the public keys "${this.answering}" are pinned`;
        return notTheApi(`cluster CA found in cluster-info ConfigMap is invalid: ${why}`);
      }
    } else this.tokens.add(token);
    const files = host.files;
    files.makeFolders('/etc/kubernetes/pki/etcd');
    files.makeFolders('/etc/kubernetes/manifests');
    files.write('/etc/kubernetes/kubelet.conf', 'kubelet', 0o600);
    files.write('/etc/kubernetes/pki/ca.crt', CA_PEM, 0o644);
    if (!isJoin || text.includes('controlPlane:')) {
      for (const key of isJoin ? [] : KEYS) files.write(`/etc/kubernetes/pki/${key}`, `the ${key}`, 0o600);
      if (files.read('/etc/kubernetes/pki/ca.key') === undefined) return output('', 1, 'error: no ca.key\n');
      files.write(ADMIN_CONF, adminConf(), 0o600);
      if (!isJoin) this.#found(documentsIn(text));
      writeManifests(host, this.#cluster);
      files.write('/etc/kubernetes/pki/apiserver.crt', certificateFor(this.#cluster), 0o644);
      this.etcdMembers.add(host.address);
    }
    this.#writeKubeletConfig(host);
    const fresh = { version: this.installed, unschedulable: false, labels: {}, annotations: {}, taints: [] };
    this.nodes.set(host.address, fresh);
    const kubelet = systemd?.units.get('kubelet.service');
    if (kubelet !== undefined) kubelet.active = 'active';
    return output('');
  }

  /** The cluster keeps what it was founded with. */
  #found(documents: readonly JsonObject[]): void {
    const [cluster, kubelet] = ['ClusterConfiguration', 'KubeletConfiguration'].map((wanted) =>
      documents.find(({ kind }) => kind === wanted),
    );
    const { apiServer, etcd } = cluster ?? {};
    if (apiServer !== undefined && etcd !== undefined)
      this.configuration = stringify({ ...this.#cluster, apiServer, etcd });
    if (kubelet !== undefined) this.kubeletConfig = stringify(kubelet);
  }

  #kubectl(argv: Argv, stdin: string): CommandOutput {
    const words = argv.filter((word) => !word.startsWith('--'));
    const [, verb, what, name = ''] = words;
    if (what === 'configmap') {
      return output(JSON.stringify({ kind: 'ConfigMap', metadata: { name }, data: { kubelet: this.kubeletConfig } }));
    }
    if (verb === 'replace') {
      this.kubeletConfig = JSON.parse(stdin).data.kubelet;
      this.#tell('the ConfigMap kubelet-config changes');
      return output(stdin);
    }
    if (verb === 'get') return output(this.nodes.has(name) ? 'node False' : '');
    if (verb === 'cordon' || verb === 'uncordon') {
      if (verb === 'uncordon') this.#tell(`${what} uncordon`);
      const node = this.nodes.get(what ?? '');
      if (node !== undefined) node.unschedulable = verb === 'cordon';
    } else if (verb === 'drain') {
      if (this.drainFailure !== undefined) return output('', 1, `${this.drainFailure}\n`);
      this.#tell(`${what} drain`);
    } else if (verb === 'annotate') this.#annotate(this.nodes.get(name), words[4] ?? '');
    else if (verb === 'patch') {
      const node = this.nodes.get(name);
      const patch = JSON.parse(argv.find((word) => word.startsWith('--patch='))?.slice('--patch='.length) ?? '{}');
      if (node !== undefined) {
        merge(node.labels, patch.metadata.labels);
        merge(node.annotations, patch.metadata.annotations);
        if (patch.spec?.providerID !== undefined) node.providerId = patch.spec.providerID;
      }
    } else if (verb === 'create') {
      const data = JSON.parse(stdin).stringData;
      this.tokens.add(`${data['token-id']}.${data['token-secret']}`);
    } else if (verb === 'delete' && what === 'secret') {
      for (const token of this.tokens) if (name === `bootstrap-token-${token.slice(0, 6)}`) this.tokens.delete(token);
    } else if (verb === 'delete') this.nodes.delete(name);
    else if (verb === 'taint') this.#taint(this.nodes.get(name), words.slice(4));
    return output('');
  }

  #annotate(node: FakeNode | undefined, word: string): void {
    const [key = '', value] = word.split('=');
    if (node !== undefined)
      merge(node.annotations, value === undefined ? { [key.slice(0, -1)]: null } : { [key]: value });
  }

  #taint(node: FakeNode | undefined, words: readonly string[]): void {
    if (node === undefined) return;
    for (const word of words) {
      const [, key = '', value = '', named = ''] = /^([^=:]+)(?:=([^:]*))?:(.+?)-?$/.exec(word) ?? [];
      const effect = named === 'NoExecute' || named === 'PreferNoSchedule' ? named : 'NoSchedule';
      node.taints = node.taints.filter((taint) => taint.key !== key || taint.effect !== effect);
      if (!word.endsWith('-')) node.taints.push({ key, value, effect });
    }
  }

  #etcdctl(argv: Argv): CommandOutput {
    const words = argv.filter((word) => !word.startsWith('--'));
    if (words[2] === 'health') {
      const listed = [...this.etcdMembers].map((host) => ({
        endpoint: `https://${host}:2379`,
        health: !this.sick.has(host),
      }));
      return output(`${JSON.stringify(listed)}\n`, this.sick.size > 0 ? 1 : 0);
    }
    if (words[2] === 'remove') {
      this.etcdMembers.delete(words[3] ?? '');
      return output('');
    }
    const lines = [...this.etcdMembers].map(
      (host) => `${host}, started, ${host}, https://${host}:2380, https://${host}:2379, false`,
    );
    return output(`${lines.join('\n')}\n`);
  }
}
