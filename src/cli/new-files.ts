import { Document, type Node, isMap, type YAMLMap } from 'yaml';

/** Stands where the user has to write something. */
export const FILL_IN = 'FILL-IN';

/** What a working folder holds that must not get into version control. */
export const IGNORED_FILES = [
  '# Written by konvoy init: secrets and records of runs.',
  'admin.conf*',
  '*.plan',
  '*.plan.json',
  '*.snapshot',
  'runs/',
  '',
].join('\n');

/** The default subnets, or others where the hosts are in them already. */
function freeSubnets(hosts: readonly string[]): { podSubnet: string; serviceSubnet: string } {
  const inPods = hosts.some((host) => host.startsWith('192.168.'));
  const inServices = hosts.some((host) => /^10\.0\.([0-9]|[1-5][0-9]|6[0-3])\./.test(host));
  return {
    podSubnet: inPods ? '10.244.0.0/16' : '192.168.0.0/16',
    serviceSubnet: inServices ? '10.96.0.0/16' : '10.0.0.0/18',
  };
}

/** A commented cluster.yaml with the defaults of a provisioner. */
export function newClusterFile(provisioner: 'none' | 'aws', name: string, hosts: readonly string[]): string {
  const onPremise = provisioner === 'none';
  const addon = (addonName: string, enabled: boolean) => ({ name: addonName, enabled });
  const pool = { 'address-pools': [{ name: 'default', protocol: 'layer2', addresses: [FILL_IN] }] };
  const values = new Document({ configInline: pool }).toString();
  const document = new Document({
    kind: 'ClusterConfiguration',
    apiVersion: 'konvoy.mesosphere.io/v1beta2',
    metadata: { name },
    spec: {
      kubernetes: {
        version: '1.36.3',
        ...(onPremise ? { controlPlane: { controlPlaneEndpointOverride: `${FILL_IN}:6443`, keepalived: {} } } : {}),
        networking: { ...freeSubnets(hosts), iptables: { addDefaultRules: false } },
      },
      containerNetworking: { calico: { version: 'v3.28.5', encapsulation: 'ipip' } },
      addons: [{ addonsList: [...(onPremise ? [{ ...addon('metallb', true), values }] : []), addon('traefik', true)] }],
    },
  });
  document.commentBefore = ` Made by konvoy init. Fill in what is marked ${FILL_IN}, then run konvoy validate.\n All fields: konvoy schema, and docs/reference/cluster.md.`;
  const comments: [string[], string][] = [
    [
      ['spec', 'kubernetes', 'controlPlane', 'controlPlaneEndpointOverride'],
      ' The virtual IP address of the API: reserve one that no machine has.',
    ],
    [
      ['spec', 'kubernetes', 'controlPlane', 'keepalived'],
      ' Optional in it: interface: ens20f0 and vrid: 51. Remove keepalived where a load balancer of yours holds the address.',
    ],
    [
      ['spec', 'kubernetes', 'networking', 'podSubnet'],
      ' Neither subnet may overlap the other one, the hosts or the addresses of MetalLB. They cannot be changed later.',
    ],
    [['spec', 'kubernetes', 'networking', 'iptables'], ' true: konvoy adds its rules to the firewall of each host.'],
    [['spec', 'containerNetworking', 'calico', 'encapsulation'], ' ipip, vxlan or none'],
  ];
  for (const [path, comment] of comments) commentOn(document, path, comment);
  const text = document.toString({ lineWidth: 0 });
  if (onPremise) return text;
  const machines = new Document({
    kind: 'ClusterProvisioner',
    apiVersion: 'konvoy.mesosphere.io/v1beta2',
    metadata: { name },
    spec: {
      provider: 'aws',
      nodePools: [
        { name: 'worker', count: 4 },
        { name: 'control-plane', controlPlane: true, count: 3 },
      ],
      aws: { region: 'us-west-2', availabilityZones: ['us-west-2c'], elb: { internal: false, apiServerPort: 6443 } },
    },
  });
  return `${text}---\n${machines.toString({ lineWidth: 0 })}`;
}

function commentOn(document: Document, path: readonly string[], comment: string): void {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return;
  const pair = (parent as YAMLMap<Node, Node>).items.find(({ key }) => 'value' in key && key.value === path.at(-1));
  if (pair !== undefined) pair.key.commentBefore = comment;
}

/** An inventory.yaml with the given hosts: one or three of them for the control plane, the rest workers. */
export function newInventoryFile(hosts: readonly string[]): string {
  const controlPlanes = hosts.length < 3 ? 1 : 3;
  const [first, rest] = [hosts.slice(0, controlPlanes), hosts.slice(controlPlanes)];
  const group = (addresses: readonly string[], pool: string) =>
    Object.fromEntries(addresses.map((address) => [address, { node_pool: pool }]));
  const document = new Document({
    'control-plane': {
      hosts: hosts.length === 0 ? { [FILL_IN]: { node_pool: 'control-plane' } } : group(first, 'control-plane'),
    },
    node: { hosts: hosts.length === 0 ? {} : group(rest, 'worker') },
    bastion: {},
    all: { vars: { version: 'v1beta1', order: 'sorted', ansible_user: FILL_IN, ansible_port: 22 } },
  });
  document.commentBefore =
    ` Made by konvoy init. Hosts by private IPv4 address; the number of control-plane hosts is odd.\n` +
    ` Where SSH connects to another address: ansible_host. With a key file: ansible_ssh_private_key_file.`;
  return document.toString({ lineWidth: 0 });
}
