import { createHash } from 'node:crypto';
import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { ADMIN_CONF } from '../../src/facts/cluster-state.ts';
import { writeDnsQuestion } from '../../src/facts/dns-answer.ts';
import { printCluster, readyNode } from './cluster-output.ts';
import { type FakeHost, output } from './fake-host.ts';

interface FakePod {
  readonly name: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The name of the ConfigMap that it reads. */
  readonly configMap: string;
  phase: 'Running' | 'Failed';
  /** What it serves; undefined: it never came up. */
  serves: string | undefined;
  log: string[];
}

/** What is written to the API, as far as the fake looks at it. */
interface NewObject {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion?: string;
    readonly labels?: Record<string, string>;
  };
  readonly data?: { readonly Corefile: string };
  readonly spec?: { readonly volumes: readonly { readonly configMap: { readonly name: string } }[] };
}

const DNS_LABELS = { 'k8s-app': 'kube-dns' };

/** The digest that this CoreDNS has of a text. */
function digestOf(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}

/** An answer to the question for a name, as `od` prints it. */
export function printDnsAnswer(name: string, code: number, addresses: readonly string[]): string {
  const question = writeDnsQuestion(name);
  const records = addresses.flatMap((address) => [
    0xc0,
    12,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    30,
    0,
    4,
    ...address.split('.').map(Number),
  ]);
  const header = [...question.slice(0, 2), 0x85, 0x80 | code, 0, 1, 0, addresses.length, 0, 0, 0, 0];
  const bytes = [...header, ...question.slice(12), ...records];
  return bytes.map((byte, index) => `${index % 16 === 0 ? '\n ' : ' '}${byte.toString(16).padStart(2, '0')}`).join('');
}

/** A cluster with CoreDNS on fake control planes: what kubectl writes there happens to its pods. */
export class FakeCoreDns {
  /** What happened, in order: `replace`, `annotate`, `restart`, `apply`, `create canary`, `delete canary`. */
  readonly events: string[] = [];
  /** Pods that were created. */
  readonly created: NewObject[] = [];
  readonly configMaps = new Map<string, string>();
  /** What CoreDNS says where it does not start with a text; undefined: it does. */
  refuses: (text: string) => string | undefined = (text) =>
    text.includes('upstream') ? "unknown property 'upstream'" : undefined;
  /** What pods that run say where they are to reload a text that they would start with. */
  cannotReload: (text: string) => string | undefined = () => undefined;
  /** Whether somebody has the right answer who serves a text. */
  knows: (text: string) => boolean = () => true;
  /** Called with every event, when it has happened. */
  onEvent: (event: string) => void = () => {};
  nodesWait = false;
  replicas = 2;
  image = 'registry.k8s.io/coredns/coredns:v1.14.2';
  #version = 1;
  #template = 1;
  #pods: FakePod[] = [];

  constructor(hosts: readonly FakeHost[], corefile: string) {
    this.configMaps.set('coredns', corefile);
    this.start();
    for (const host of hosts) {
      host.files.put(ADMIN_CONF, 'admin', 0o600);
      host
        .on('sh', (argv) => this.#shell(argv, host))
        .on('bash', (argv) => this.#bash(argv))
        .on('kubectl', (argv, stdin) => this.#kubectl(argv, stdin));
    }
  }

  get corefile(): string {
    return this.configMaps.get('coredns') ?? '';
  }

  /** Somebody else edits the ConfigMap; pods that run notice it at once. */
  edit(corefile: string): void {
    this.configMaps.set('coredns', corefile);
    this.#version += 1;
    this.look();
  }

  get pods(): readonly Readonly<FakePod>[] {
    return this.#pods;
  }

  /** All pods of the Deployment anew, with the text of the ConfigMap. */
  start(): void {
    this.#template += 1;
    const others = this.#pods.filter(({ labels }) => labels['k8s-app'] === undefined);
    this.#pods = [
      ...others,
      ...[1, 2].map((number) =>
        this.#pod(`coredns-${this.#template}-${number}`, `192.168.0.${this.#template}${number}`, DNS_LABELS, 'coredns'),
      ),
    ];
  }

  #pod(name: string, address: string, labels: FakePod['labels'], configMap: string): FakePod {
    const text = this.configMaps.get(configMap) ?? '';
    const reason = this.refuses(text);
    const pod: FakePod = {
      name,
      address,
      labels: { ...labels, 'pod-template-hash': String(this.#template) },
      configMap,
      phase: 'Running',
      serves: text,
      log: [],
    };
    if (reason !== undefined)
      Object.assign(pod, {
        phase: 'Failed',
        serves: undefined,
        log: [`plugin/kubernetes: /etc/coredns/Corefile:6 - Error during parsing: ${reason}`],
      });
    else this.#say(pod);
    return pod;
  }

  #say(pod: FakePod): void {
    if (pod.serves?.includes('reload'))
      pod.log.push(`[INFO] plugin/reload: Running configuration SHA512 = ${digestOf(pod.serves)}`);
  }

  /** Pods that run look at their text, and take it into force where it is another one. */
  look(): void {
    for (const pod of this.#pods) {
      const text = this.configMaps.get(pod.configMap) ?? '';
      if (pod.serves === undefined || pod.serves === text || !pod.serves.includes('reload')) continue;
      const reason = this.refuses(text) ?? this.cannotReload(text);
      if (reason === undefined) {
        pod.serves = text;
        this.#say(pod);
      } else pod.log.push(`[ERROR] plugin/reload: Corefile changed but reload failed: ${reason}`);
    }
  }

  #happened(event: string): CommandOutput {
    this.events.push(event);
    this.onEvent(event);
    return output('');
  }

  #shell(argv: Argv, { files }: FakeHost): CommandOutput {
    const script = argv[2] ?? '';
    if (files.get(ADMIN_CONF) === undefined) return output('', 44);
    if (script.includes('/readyz')) return output('ok');
    if (script.includes('resolvConf')) return output('/etc/resolv.conf\nnameserver 10.0.50.1\n');
    if (script.includes('kubeadm-config')) {
      const waiting = { ready: 'False', message: 'container runtime network not ready: NetworkPluginNotReady' };
      const node = readyNode('10.0.0.1', this.nodesWait ? waiting : {});
      return output(
        printCluster({ nodes: [node], configuration: 'networking:\n  dnsDomain: cluster.local\n', calico: undefined }),
      );
    }
    return output(JSON.stringify({ kind: 'List', items: [this.#configMap('coredns'), this.#deployment()] }));
  }

  #configMap(name: string) {
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'kube-system', resourceVersion: String(this.#version) },
      data: { Corefile: this.configMaps.get(name) },
    };
  }

  #deployment() {
    const serving = this.#pods.filter(({ labels, serves }) => labels['k8s-app'] !== undefined && serves !== undefined);
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      spec: {
        replicas: this.replicas,
        selector: { matchLabels: DNS_LABELS },
        template: {
          metadata: { labels: DNS_LABELS },
          spec: {
            dnsPolicy: 'Default',
            serviceAccountName: 'coredns',
            priorityClassName: 'system-cluster-critical',
            affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
            tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
            containers: [
              {
                name: 'coredns',
                image: this.image,
                ports: [
                  { containerPort: 53, name: 'dns', protocol: 'UDP' },
                  { containerPort: 8080, name: 'liveness-probe' },
                  { containerPort: 8181, name: 'readiness-probe' },
                ],
                livenessProbe: { httpGet: { path: '/health', port: 'liveness-probe' } },
                readinessProbe: { httpGet: { path: '/ready', port: 'readiness-probe' } },
              },
            ],
            volumes: [
              { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
            ],
          },
        },
      },
      status: { availableReplicas: serving.length },
    };
  }

  #bash(argv: Argv): CommandOutput {
    if (argv.includes('logs')) {
      const pod = this.#pods.find(({ name }) => argv.includes(name));
      return pod === undefined
        ? output('', 1, 'not found\n')
        : output(pod.log.filter((line) => line.includes('plugin/reload')).join('\n'));
    }
    const [, , , , server] = argv;
    const pod = this.#pods.find(({ address }) => address === server);
    if (pod?.serves === undefined) return output('', 124);
    const known = this.knows(pod.serves);
    return output(printDnsAnswer('kubernetes.default.svc.cluster.local', known ? 0 : 2, known ? ['10.96.0.1'] : []));
  }

  #kubectl(argv: Argv, stdin: string): CommandOutput {
    const [, verb = '', what = ''] = argv.filter((word) => !word.startsWith('--'));
    const selector = argv.find((word) => word.startsWith('--selector='))?.slice('--selector='.length) ?? '';
    const isCanary = selector.includes('corefile-canary');
    switch (verb) {
      case 'get': {
        const pods = this.#pods.filter(({ labels }) => (labels['k8s-app'] === undefined) === isCanary);
        return output(JSON.stringify({ kind: 'List', items: pods.map(printPod) }));
      }
      case 'logs':
        return output(this.#pods.find(({ name }) => name === what)?.log.join('\n') ?? '');
      case 'create':
        return this.#create(JSON.parse(stdin).items);
      case 'replace':
        return this.#replace(JSON.parse(stdin));
      case 'delete': {
        const canaries = this.#pods.filter(({ labels }) => labels['k8s-app'] === undefined);
        if (canaries.length === 0) return output('');
        this.#pods = this.#pods.filter((pod) => !canaries.includes(pod));
        for (const name of [...this.configMaps.keys()]) if (name !== 'coredns') this.configMaps.delete(name);
        return this.#happened('delete canary');
      }
      case 'annotate':
        this.look();
        return this.#happened('annotate');
      case 'apply':
        this.replicas = JSON.parse(stdin).spec.replicas;
        return this.#happened('apply');
      case 'rollout':
        if (what === 'status') return output('rolled out\n');
        this.start();
        return this.#happened('restart');
      default:
        return output('', 1, `the fake knows no kubectl ${verb}\n`);
    }
  }

  #create([configMap, pod]: readonly NewObject[]): CommandOutput {
    if (configMap === undefined || pod === undefined) return output('', 1, 'no objects\n');
    this.configMaps.set(configMap.metadata.name, configMap.data?.Corefile ?? '');
    this.created.push(pod);
    const { name, labels = {} } = pod.metadata;
    this.#pods.push(this.#pod(name, '192.168.9.9', labels, pod.spec?.volumes[0]?.configMap.name ?? ''));
    return this.#happened('create canary');
  }

  #replace({ metadata: { name, resourceVersion }, data }: NewObject): CommandOutput {
    if (resourceVersion !== String(this.#version)) {
      return output('', 1, 'Error from server (Conflict): the object has been modified\n');
    }
    this.configMaps.set(name, data?.Corefile ?? '');
    this.#version += 1;
    const replaced = JSON.stringify(this.#configMap(name));
    this.#happened('replace');
    return output(replaced);
  }
}

function printPod({ name, address, labels, phase, serves }: FakePod) {
  const state = phase === 'Failed' ? { terminated: { reason: 'Error' } } : { running: {} };
  return {
    kind: 'Pod',
    metadata: { name, labels },
    status: {
      phase,
      podIP: address,
      conditions: [{ type: 'Ready', status: serves === undefined ? 'False' : 'True' }],
      containerStatuses: [{ state }],
    },
  };
}
