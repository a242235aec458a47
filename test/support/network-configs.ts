import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { kubectl, labFrom, NETWORK } from './kubernetes-lab.ts';
import { assertOk, type Lab } from './lab.ts';

/** A pod that does nothing, on a control plane: no test takes that away. */
const TARGET = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'target', labels: { app: 'target' } },
  spec: {
    nodeName: '10.0.50.13',
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10.2', imagePullPolicy: 'IfNotPresent' }],
  },
};

/** Lets a pod run on cp3 that packets can be sent to; returns its address. */
export async function startTarget(lab: Lab, folder: string): Promise<string> {
  writeFileSync(join(folder, 'target.json'), JSON.stringify(TARGET));
  await kubectl(lab, folder, 'apply', '--filename=target.json');
  await kubectl(lab, folder, 'wait', '--for=condition=Ready', '--timeout=60s', 'pod/target');
  return await kubectl(lab, folder, 'get', 'pod', 'target', '--output=jsonpath={.status.podIP}');
}

/** Writes the lab's cluster.yaml into `folder` with other values below spec.kubernetes. */
export async function writeKubernetes(
  lab: Lab,
  folder: string,
  ...values: readonly (readonly [path: readonly string[], value: unknown])[]
): Promise<void> {
  const [cluster = '', ...others] = (await readFile(join(lab.folder, 'cluster.yaml'), 'utf8')).split(/^---$/m);
  const document = parseDocument(cluster);
  for (const [path, value] of values) document.setIn(['spec', 'kubernetes', ...path], value);
  writeFileSync(join(folder, 'cluster.yaml'), [String(document), ...others].join('---'));
}

/** The lab's cluster.yaml with other fields of Calico. */
export async function writeCalico(lab: Lab, folder: string, name: string, ...fields: readonly string[]): Promise<void> {
  const text = await readFile(join(lab.folder, 'cluster.yaml'), 'utf8');
  const lines = fields.map((field) => `      ${field}`).join('\n');
  writeFileSync(join(folder, name), text.replace(/^ {6}encapsulation: .*$/m, lines));
}

/** Flags for a cluster in which worker2 and worker3 reflect routes; writes its files beside `config`. */
export async function writeReflectors(folder: string, config: string): Promise<readonly string[]> {
  const marks = 'key: dedicated, value: route-reflector';
  const pool = `  nodePools:\n    - name: route-reflector\n      labels: [{ ${marks} }]\n      taints: [{ ${marks}, effect: NoExecute }]\n`;
  writeFileSync(join(folder, 'reflectors.yaml'), `${await readFile(join(folder, config), 'utf8')}${pool}`);
  const inventory = await readFile(join(folder, 'inventory.yaml'), 'utf8');
  const marked = inventory.replaceAll(
    /(10\.0\.50\.2[23]:[^:]*: 10\.0\.50\.2[23]\s+node_pool: )worker/g,
    '$1route-reflector',
  );
  writeFileSync(join(folder, 'reflectors-inventory.yaml'), marked);
  return ['--config', 'reflectors.yaml', '--inventory', 'reflectors-inventory.yaml'];
}

/** A lab whose nodes tell each other their routes by BGP. */
export interface MeshLab {
  readonly lab: Lab;
  readonly folder: string;
  /** The address of a pod on cp3. */
  readonly pod: string;
  /** Flags for the same cluster with route reflectors. */
  readonly reflecting: readonly string[];
}

/** The lab of stage NETWORK without encapsulation, as `none.yaml` in `folder` says. */
export async function meshLab(): Promise<MeshLab> {
  const lab = await labFrom(NETWORK);
  const folder = await lab.copyFolder();
  await writeCalico(lab, folder, 'none.yaml', 'encapsulation: none', 'mtu: 1450');
  assertOk(
    await lab.konvoy(['up', '--yes', '--config', 'none.yaml', '--accept', 'changes-encapsulation'], { cwd: folder }),
  );
  const reflecting = await writeReflectors(folder, 'none.yaml');
  return { lab, folder, pod: await startTarget(lab, folder), reflecting };
}
