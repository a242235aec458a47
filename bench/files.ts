import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureGood, median, printTable } from './measure.ts';

/** Validate and render for many hosts, and start-up: no host is contacted. */
const KONVOY = join(import.meta.dirname, '..', 'dist', 'konvoy.js');
const RUNS = 5;

function writeWorkingFolder(hosts: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'konvoy-bench-'));
  const address = (index: number) =>
    `10.${100 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;
  const lines = ['control-plane:', '  hosts:'];
  for (let index = 0; index < 3; index++) lines.push(`    ${address(index)}:`, `      ansible_host: ${address(index)}`);
  lines.push('node:', '  hosts:');
  for (let index = 3; index < hosts; index++)
    lines.push(`    ${address(index)}:`, `      ansible_host: ${address(index)}`, '      node_pool: worker');
  lines.push(
    'bastion: {}',
    'all:',
    '  vars:',
    '    ansible_user: konvoy',
    '    control_plane_endpoint: "10.200.0.10:6443"',
    '    order: sorted',
    '    version: v1beta1',
  );
  writeFileSync(join(folder, 'inventory.yaml'), `${lines.join('\n')}\n`);
  writeFileSync(
    join(folder, 'cluster.yaml'),
    [
      'kind: ClusterConfiguration',
      'apiVersion: konvoy.mesosphere.io/v1beta1',
      'metadata:',
      '  name: bench',
      'spec:',
      '  kubernetes:',
      '    controlPlane:',
      '      keepalived: {}',
      '    networking:',
      '      podSubnet: 10.0.0.0/10',
      '      serviceSubnet: 192.168.0.0/18',
      '      iptables:',
      '        addDefaultRules: true',
      '',
    ].join('\n'),
  );
  return folder;
}

const rows: string[][] = [];
async function figure(what: string, args: string[], cwd: string, limit: string): Promise<void> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) seconds.push((await measureGood(['node', KONVOY, ...args], { cwd })).seconds);
  rows.push([what, median(seconds).toFixed(3), Math.max(...seconds).toFixed(3), limit]);
}

await figure('konvoy version', ['version'], tmpdir(), '0.150');
for (const [hosts, limit] of [
  [1000, '1.000'],
  [5000, '3.000'],
] as const) {
  const folder = writeWorkingFolder(hosts);
  try {
    await figure(`validate, ${hosts} hosts`, ['validate'], folder, limit);
    await figure(`render --all, ${hosts} hosts`, ['render', '--all'], folder, limit);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
printTable(['What', 'median, s', 'worst, s', 'wanted, s'], rows);
