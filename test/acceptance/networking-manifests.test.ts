import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { readVouchedIndex } from '../../src/bundle/open-bundle.ts';
import { readManifest } from '../../src/bundle/read-manifest.ts';
import { calico } from '../../src/components/calico/index.ts';
import type { CalicoState } from '../../src/facts/calico-state.ts';
import { manifestName } from '../../src/components/calico/typha.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Resource } from '../../src/core/resource.ts';
import { clusterText, configOf } from '../support/config-of.ts';
import { networkLab } from '../support/kubernetes-lab.ts';
import { describeAsRoot, type Lab } from '../support/lab.ts';

/** How many clusters are made up. Their objects are mostly the same, so the API server sees each but once. */
const CLUSTERS = 60;

const ENCAPSULATIONS = ['ipip', 'vxlan', 'none', 'ipipCrossSubnet', 'vxlanCrossSubnet'] as const;

/** What of a cluster Calico's objects depend on. */
const clusters = fc.record({
  encapsulation: fc.constantFrom(...ENCAPSULATIONS),
  mtu: fc.option(fc.integer({ min: 576, max: 65_535 })),
  linkMtu: fc.option(fc.integer({ min: 576, max: 65_535 })),
  workers: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 197, max: 640 })),
  prefix: fc.integer({ min: 8, max: 14 }),
  living: fc.option(
    fc.record({
      version: fc.constant('v3.28.5'),
      backend: fc.constantFrom('bird', 'vxlan'),
      mtu: fc.integer({ min: 576, max: 9000 }),
    }),
  ),
});
type MadeUp = Parameters<Parameters<typeof clusters.map>[0]>[0];

function inventoryOf(workers: number): string {
  const hosts = Array.from({ length: workers }, (_, at) => `10.1.${Math.floor(at / 250)}.${(at % 250) + 1}: {}`);
  return [
    'control-plane:',
    '  hosts: { 10.0.50.11: {}, 10.0.50.12: {}, 10.0.50.13: {} }',
    `node: { hosts: { ${hosts.join(', ')} } }`,
    'bastion: {}',
    'all:',
    "  vars: { version: v1beta1, control_plane_endpoint: '10.0.50.20:6443' }",
    '',
  ].join('\n');
}

function objectsOf(resource: Resource): readonly JsonObject[] {
  if (resource.kind === 'kube-object') return [resource.object];
  return resource.kind === 'pod-network' ? [...resource.prepared, ...resource.settings, resource.pool] : [];
}

describeAsRoot('what konvoy applies of Calico', () => {
  let lab: Lab;
  let bundle: Awaited<ReturnType<typeof readVouchedIndex>>;

  /** Every object of a cluster that is made up. */
  const madeFor = async ({ encapsulation, mtu, linkMtu, workers, prefix, living }: MadeUp) => {
    const fields = `encapsulation: ${encapsulation}${mtu === null ? '' : `, mtu: ${mtu}`}`;
    const spec = `  kubernetes:
    controlPlane: { keepalived: {} }
    networking: { podSubnet: 172.0.0.0/${prefix}, serviceSubnet: 10.96.0.0/12 }
  containerNetworking: { calico: { ${fields} } }
`;
    const { topology, sections, diagnostics } = configOf(clusterText(spec), inventoryOf(workers));
    if (topology === undefined || sections?.calico === undefined) throw new Error(JSON.stringify(diagnostics));
    const { version } = sections.calico;
    const objects = await readManifest(bundle, manifestName(topology), version);
    const state: CalicoState | undefined = living ?? undefined;
    const found = { at: '10.0.50.11', living: state, linkMtu: linkMtu ?? undefined };
    return calico
      .desired({ ...sections.calico, manifest: { is: 'objects', objects }, found }, topology)
      .flatMap(objectsOf);
  };

  beforeAll(async () => {
    lab = await networkLab();
    const folder = (await lab.status()).bundle;
    if (folder === undefined) throw new Error('the lab has no bundle');
    bundle = await readVouchedIndex(folder, undefined);
  }, 600_000);

  test('is taken by the API server’s strict validation, whatever cluster.yaml and the hosts are', async () => {
    const seed = Date.now();
    const distinct = new Map<string, JsonObject>();
    for (const cluster of fc.sample(clusters, { numRuns: CLUSTERS, seed })) {
      for (const object of await madeFor(cluster)) distinct.set(JSON.stringify(object), object);
    }
    const items = [...distinct.values()];
    console.info(`${CLUSTERS} clusters (seed ${seed}) have ${items.length} different objects`);
    writeFileSync(join(lab.folder, 'objects.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const apply = ['apply', '--server-side', '--field-manager=konvoy', '--force-conflicts'];
    const strictly = ['--dry-run=server', '--validate=strict', '--output=name', '--filename=objects.json'];
    const { exit, stdout, stderr } = await lab.seat(['kubectl', '--kubeconfig=admin.conf', ...apply, ...strictly]);
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    expect(stdout.split('\n').filter((line) => line !== '')).toHaveLength(items.length);
  });

  test('would be refused with a field that nobody knows: the validation is really strict', async () => {
    const [pool] = (
      await madeFor({ encapsulation: 'none', mtu: null, linkMtu: null, workers: 1, prefix: 12, living: null })
    ).filter(({ kind }) => kind === 'IPPool');
    writeFileSync(join(lab.folder, 'objects.json'), JSON.stringify({ ...pool, unheardOf: true }));
    const apply = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename=objects.json'];
    const { exit, stderr } = await lab.seat(['kubectl', '--kubeconfig=admin.conf', ...apply]);
    expect(exit).not.toBe(0);
    expect(stderr).toContain('unheardOf');
  });
});
