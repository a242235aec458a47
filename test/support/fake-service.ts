import { DEPLOYER } from '../../src/core/address.ts';
import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { metallbConfigSchema } from '../../src/components/metallb/schema.ts';
import { translateConfig } from '../../src/components/metallb/translate.ts';
import type { ClusterNode } from '../../src/facts/cluster-state.ts';
import { printCluster, readyNode } from './cluster-output.ts';
import { FakeHost, output } from './fake-host.ts';

const NODES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as const;
/** Of the node that announces. */
const SPEAKER_MAC = '02:00:00:00:00:02';

const line = (...fields: readonly string[]) => `${fields.join('\t')}\n`;

/**
 * One service `web/shop` behind MetalLB, as kubectl and the hosts show it: 10.0.50.25 port 80, announced by 10.0.0.2, two
 * ready pods. Tests change what they want to be broken.
 */
export class FakeService {
  nodes: ClusterNode[] = NODES.map((name) => readyNode(name));
  exists = true;
  type = 'LoadBalancer';
  className = '';
  /** Of the Service object; on a cloud its load balancer is named after it. */
  uid = '';
  annotations: Record<string, string> = {};
  /** Names that a cloud's load balancer gave it. */
  hostnames: readonly string[] = [];
  /** What `daemon-pods` prints. */
  controllerPods = '';
  address = '10.0.50.25';
  asksFor = '';
  asksPool = '';
  labels: Record<string, string> = { app: 'shop' };
  local = false;
  endpoints = [
    { address: '192.168.2.7', node: '10.0.0.2', ready: true },
    { address: '192.168.3.7', node: '10.0.0.3', ready: true },
  ];
  events: { reason: string; message: string }[] = [];
  /** Objects of metallb.io. */
  objects: readonly object[] = this.configured({
    'address-pools': [{ name: 'default', protocol: 'layer2', addresses: ['10.0.50.25-10.0.50.26'] }],
  });
  /** Beside it. */
  otherServices = '';
  controller = 'True';
  /** Of each node's speaker: `True` or `False`; a node without one has none. */
  speakers = new Map(NODES.map((node) => [node as string, 'True']));
  verdicts = line('controller', '', 'Valid', '');
  layer2 = line('web', 'shop', '10.0.0.2', 'eth0');
  bgp = '';
  /** What `service-rules` prints on the announcing node. */
  rules =
    'iptables -A KUBE-SERVICES -d 10.0.50.25/32 -p tcp -m comment --comment "web/shop loadbalancer IP" -m tcp --dport 80 -j KUBE-EXT-X\n';
  /** What `iptables-nft-save -t filter` prints. */
  filter = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n';
  early = '';
  /** What the neighbour table of another host says. */
  neighbour: object = { dst: '10.0.50.25', lladdr: SPEAKER_MAC, state: ['REACHABLE'] };
  route: object = { dst: '10.0.50.25', dev: 'eth0' };
  /** Exit code and words of a connection from the machine that runs konvoy. */
  connection = '0 ';
  /** Whether `ss` shows a connection to the router. */
  established = true;

  configured(configInline: object): readonly object[] {
    return translateConfig(metallbConfigSchema.parse(configInline), []).objects.map(({ object }) => object);
  }

  /** Teaches hosts what they say, and returns the machine that runs konvoy. */
  playOn(hosts: readonly FakeHost[]): FakeHost {
    for (const host of hosts) {
      host
        .on('sh', (argv) => this.#sh(argv))
        .on('iptables-nft-save', () => output(this.filter))
        .on('ip', () => output(JSON.stringify([{ ifname: 'eth0', address: SPEAKER_MAC, addr_info: [] }])))
        .on('ss', () => output(this.established ? '0 0 10.0.0.2:41234 10.1.0.1:179\n' : ''));
    }
    return new FakeHost(DEPLOYER).on('bash', () => output(`${this.connection}\n`));
  }

  #sh([, , program = '', name]: Argv): CommandOutput {
    if (name === 'service-story') return output(this.#story());
    if (name === 'daemon-pods') return output(this.controllerPods);
    if (name === 'service-rules') return output(this.rules);
    if (name === 'early-tables') return output(this.early);
    if (name === 'arp-answer') {
      return output(`${JSON.stringify([this.route])}\n--\n${JSON.stringify([this.neighbour])}\n`);
    }
    if (name === 'iptables-legacy-save') return output('');
    if (program.includes('--secrets')) return output(this.#state());
    if (program.includes('--former')) return output(this.#runtime());
    const state = { nodes: this.nodes, configuration: '', calico: undefined };
    return program.includes('kubeadm-config') ? output(printCluster(state)) : output('', 1, `unknown: ${program}`);
  }

  #story(): string {
    if (!this.exists) return '--\n{"kind":"List","items":[]}\n--\n{"kind":"List","items":[]}';
    const ports = [{ protocol: 'TCP', port: 80, targetPort: 8080 }];
    const policy = this.local ? 'Local' : 'Cluster';
    const spec = {
      type: this.type,
      ports,
      selector: { app: 'shop' },
      externalTrafficPolicy: policy,
      ...(this.className === '' ? {} : { loadBalancerClass: this.className }),
    };
    const metadata = { uid: this.uid, annotations: this.annotations };
    const status = { loadBalancer: { ingress: this.hostnames.map((hostname) => ({ hostname })) } };
    const slice = {
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      endpoints: this.endpoints.map(({ address, node, ready }) => ({
        addresses: [address],
        nodeName: node,
        conditions: { ready },
      })),
    };
    const list = (items: readonly object[]) => JSON.stringify({ kind: 'List', items });
    const events = this.events.map((event) => ({ kind: 'Event', ...event }));
    return `${JSON.stringify({ kind: 'Service', metadata, spec, status })}\n--\n${list([slice])}\n--\n${list(events)}`;
  }

  #state(): string {
    const own = ['web', 'shop', this.address, '', this.asksFor, '', this.asksPool, '', '', this.className];
    const services = this.type === 'LoadBalancer' && this.exists ? line(...own, JSON.stringify(this.labels)) : '';
    const objects = this.objects.map((object) => `${JSON.stringify(object)}\n`).join('');
    return `${services}${this.otherServices}--secrets\n--objects\n${objects}`;
  }

  #runtime(): string {
    const speakers = [...this.speakers].map(([node, ready]) =>
      line(`speaker-${node}`, 'speaker', node, ready, '0', '', ''),
    );
    const pods = [line('controller-x', 'controller', '10.0.0.3', this.controller, '0', '', ''), ...speakers].join('');
    return `--pods\n${pods}--verdicts\n${this.verdicts}--layer2\n${this.layer2}--bgp\n${this.bgp}--former\n--calico\n`;
  }
}
