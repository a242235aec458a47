import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A folder with the files of a cluster of many hosts, three of them control planes. Whoever asks for it removes it. */
export function writeWorkingFolder(hosts: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'konvoy-bench-'));
  const address = (index: number) =>
    `10.${100 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;
  const addresses = Array.from({ length: hosts }, (_, index) => address(index));
  const group = (members: readonly string[]) => ({
    hosts: Object.fromEntries(members.map((host) => [host, { ansible_host: host }])),
  });
  const inventory = {
    'control-plane': group(addresses.slice(0, 3)),
    node: group(addresses.slice(3)),
    bastion: {},
    all: {
      vars: {
        ansible_user: 'konvoy',
        control_plane_endpoint: '10.200.0.10:6443',
        order: 'sorted',
        version: 'v1beta1',
      },
    },
  };
  const cluster = {
    kind: 'ClusterConfiguration',
    apiVersion: 'konvoy.mesosphere.io/v1beta1',
    metadata: { name: 'bench' },
    spec: {
      kubernetes: {
        controlPlane: { keepalived: {} },
        networking: {
          podSubnet: '10.0.0.0/10',
          serviceSubnet: '192.168.0.0/18',
          iptables: { addDefaultRules: true },
        },
      },
    },
  };
  writeFileSync(join(folder, 'inventory.yaml'), stringify(inventory));
  writeFileSync(join(folder, 'cluster.yaml'), stringify(cluster));
  return folder;
}
