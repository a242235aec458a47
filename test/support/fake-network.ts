import { SERVICES } from '../../src/components/verification/objects.ts';
import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import type { ProbeAnswer, ProbeQuestion } from '../../src/facts/probe-answers.ts';
import { printCluster, readyNode } from './cluster-output.ts';
import { type FakeHost, output } from './fake-host.ts';

interface FakePod {
  readonly name: string;
  readonly node: string;
  readonly address: string;
}

interface KubeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly items?: readonly KubeObject[];
  readonly spec?: { readonly nodeName?: string; readonly clusterIP?: string; readonly type?: string };
}

/** What is different from a good answer; undefined: nothing is. `from` is the node whose pod asks. */
export type FakeFault = (from: string, question: ProbeQuestion) => Partial<ProbeAnswer> | undefined;

/** The network of pods of one cluster over several fake hosts, as kubectl and the probe's program show it. */
export class FakeNetwork {
  /** Namespaces that are there, with what their label says. */
  readonly namespaces = new Map<string, string>();
  /** Every object that was made, in order, as `KIND NAME`. */
  readonly made: string[] = [];
  /** Every verb that pods were called with. */
  readonly verbs: string[] = [];
  /** Nodes that are not Ready. */
  readonly notReady = new Set<string>();
  /** Nodes on which no pod starts, and what the kubelet says. */
  readonly stuck = new Map<string, string>();
  /** What iptables-nft-save prints, by host. */
  readonly rules = new Map<string, string>();
  /** The code with which CoreDNS's upstream, 10.0.0.53, answers hosts (RFC 1035, 4.1.1); undefined: it is silent. */
  upstream: number | undefined;
  fault: FakeFault = () => undefined;
  /** Called before pods are asked. */
  onAsk: () => void = () => undefined;
  /** Seconds since the epoch on the hosts. */
  now = 1_764_000_000;
  #pods: FakePod[] = [];
  #services: KubeObject[] = [];
  #policies: string[] = [];
  /** Pods that were taken out of a Service. */
  readonly #taken = new Set<string>();
  #turn = 0;
  readonly #nodes: readonly string[];

  constructor(hosts: readonly FakeHost[]) {
    this.#nodes = hosts.map(({ address }) => address);
    for (const host of hosts) {
      host
        .on('sh', (argv) => this.#sh(argv))
        .on('bash', (argv, _stdin, at) => this.#bash(argv, at))
        .on('kubectl', (argv, stdin) => this.#kubectl(argv, stdin))
        .on('iptables-nft-save', (_argv, _stdin, at) => output(this.rules.get(at.address) ?? ''))
        .on('ip', () => output('[{"dst":"192.168.0.1","gateway":"192.168.0.9","dev":"vxlan.calico"}]'));
    }
  }

  #sh(argv: Argv): CommandOutput {
    const [, , text = '', name, ...args] = argv;
    switch (name) {
      case 'network-state':
        return output(this.#state());
      case 'network-policies':
        return output('GlobalNetworkPolicy /default-deny\n');
      case 'probe-call':
        return this.#call(args);
    }
    if (text.includes('resolvConf')) return output('/etc/resolv.conf\nnameserver 10.0.0.53\n');
    if (text.includes('/readyz')) return output('ok');
    if (text.includes('kubeadm-config')) return output(this.#cluster());
    return output('');
  }

  #bash([, , text = '', name, ...args]: Argv, { address }: FakeHost): CommandOutput {
    if (text.includes('/dev/udp')) {
      return this.upstream === undefined
        ? output('', 124)
        : output(` 4b 56 81 8${this.upstream} 00 01 00 00 00 00 00 00`);
    }
    if (name !== 'tcp-reachable') return output('', 127);
    let host = '';
    const lines = args.flatMap((word) => {
      if (word.includes('.')) {
        host = word;
        return [];
      }
      const fails = this.fault(address, { ask: 'tcp', to: `${host}:${word}` })?.ok === false;
      return [`${host} ${word} ${fails ? 'no' : 'yes'}\n`];
    });
    return output(lines.join(''));
  }

  #cluster(): string {
    const nodes = this.#nodes.map((name) =>
      readyNode(
        name,
        this.notReady.has(name) ? { ready: 'False', message: 'container runtime network not ready' } : {},
      ),
    );
    return printCluster({ nodes, configuration: '', calico: undefined, kubeProxyConfig: 'mode: iptables\n' });
  }

  #state(): string {
    const namespaces = [...this.namespaces].map(([name, until]) => `${name}\t${until}\n`).join('');
    const pods = ['calico-node', 'kube-proxy'].flatMap((app) =>
      this.#nodes.map((node, index) => `${app}\t${app}-${index}\t${node}\t${node}\tTrue\n`),
    );
    const dns = `kube-dns\tcoredns-0\t${this.#nodes[0]}\t192.168.1.2\tTrue\n`;
    return `${this.now}\n${namespaces}--\n${pods.join('')}${dns}--\n.:53 {\n    forward . /etc/resolv.conf\n}\n`;
  }

  #kubectl(argv: Argv, stdin: string): CommandOutput {
    const [, verb, what, name = ''] = argv.filter((word) => !word.startsWith('--'));
    if (verb === 'create') this.#create(JSON.parse(stdin));
    else if (verb === 'label') this.#taken.add(name);
    else if (verb === 'delete' && what === 'namespace') this.namespaces.delete(name);
    else if (verb === 'delete') this.#policies = [];
    else if (verb === 'get' && what === 'events') return output(this.#events());
    else if (verb === 'get') return output(this.#objects());
    return output('');
  }

  #create(object: KubeObject): void {
    for (const item of object.items ?? []) this.#create(item);
    const { kind, metadata, spec = {} } = object;
    if (kind !== 'List') this.made.push(`${kind} ${metadata.name}`);
    if (kind === 'Namespace') this.namespaces.set(metadata.name, Object.values(metadata.labels ?? {})[0] ?? '');
    if (kind === 'Service') this.#services.push(object);
    if (kind === 'NetworkPolicy') this.#policies.push(metadata.name);
    if (kind === 'Pod') {
      const node = spec.nodeName ?? '';
      const address = `192.168.${this.#nodes.indexOf(node) + 1}.${metadata.name.startsWith('asker') ? 10 : 11}`;
      this.#pods.push({ name: metadata.name, node, address });
    }
  }

  #objects(): string {
    const pods = this.#pods.map(({ name, node, address }) => {
      const runs = !this.stuck.has(node);
      return ['Pod', name, node, runs ? address : '', runs ? 'Running' : 'Pending', '', '', '', ''].join('\t');
    });
    const services = this.#services.map(({ metadata: { name }, spec = {} }) => {
      const port = spec.type === 'NodePort' ? '31000' : '';
      return ['Service', name, '', '', '', '', '', spec.clusterIP ?? this.#addressOf(name), port].join('\t');
    });
    return [...pods, ...services].map((line) => `${line}\n`).join('');
  }

  #events(): string {
    const items = this.#pods.flatMap(({ name, node }) => {
      const message = this.stuck.get(node);
      return message === undefined ? [] : [{ involvedObject: { name }, reason: 'FailedCreatePodSandBox', message }];
    });
    return JSON.stringify({ items });
  }

  #addressOf(service: string): string {
    return `10.0.51.${100 + Object.keys(SERVICES).indexOf(service)}`;
  }

  #call([, , , verb = '', ...inputs]: readonly string[]): CommandOutput {
    this.verbs.push(verb);
    this.onAsk();
    const texts: string[] = [];
    for (let at = 0; at + 1 < inputs.length; at += 2) {
      const pod = this.#pods.find(({ name }) => name === inputs[at]);
      if (pod === undefined) continue;
      const lines = verb === 'ask' ? this.#ask(pod, inputs[at + 1] ?? '') : this.#watch(pod, verb);
      texts.push(`= ${pod.name} 0\n${lines.map((line) => `> ${JSON.stringify(line)}\n`).join('')}`);
    }
    return output(texts.join(''));
  }

  #ask(pod: FakePod, input: string): readonly object[] {
    const questions: readonly ProbeQuestion[] = JSON.parse(input);
    return questions.map((question) => ({ ...this.#answer(pod, question), ...this.fault(pod.node, question) }));
  }

  #answer(pod: FakePod, question: ProbeQuestion): ProbeAnswer {
    const well = { ok: true, ms: 1, attempts: 1 };
    const { ask, to } = question;
    const denied = this.#policies.includes('deny') && !this.#policies.includes('allow');
    if (ask === 'resolve') return { ...well, ...this.#resolve(to) };
    if (denied) return { ...well, ok: false, failure: 'timeout' };
    if (ask === 'udp') return { ...well, size: question.fullSize ? 1450 : (question.size ?? 36) };
    const [address = ''] = to.split(':');
    const target = this.#pods.find((each) => each.address === address);
    if (address === this.#addressOf(SERVICES.none)) return { ...well, ok: false, failure: 'refused' };
    if (address === this.#addressOf(SERVICES.few)) {
      const few = this.#pods.filter(({ name }) => /-[012]$/.test(name) && !this.#taken.has(name));
      this.#turn += 1;
      return { ...well, by: few[this.#turn % few.length]?.name ?? '' };
    }
    const viaOwn = address === this.#addressOf(SERVICES.own);
    return { ...well, by: viaOwn ? pod.name : (target?.name ?? this.#pods[0]?.name ?? '') };
  }

  #resolve(name: string): Partial<ProbeAnswer> {
    if (name.endsWith('.invalid.')) return { ok: false, failure: 'no-such-name' };
    const [first = '', second] = name.split('.');
    const pod = second === SERVICES.pods ? this.#pods.find((each) => each.name === first) : undefined;
    return { addresses: [pod?.address ?? this.#addressOf(first)] };
  }

  #watch(pod: FakePod, verb: string): readonly object[] {
    if (verb === 'watch') return [];
    // Targets are numbered over all pods: the first ones are those of the first pair.
    return pod.name === 'asker-0' ? [{ id: '0', sent: 40, lost: 3, longestGapMs: 312.4 }] : [];
  }
}
