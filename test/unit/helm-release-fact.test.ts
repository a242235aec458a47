import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { helmRelease } from '../../src/facts/helm-release.ts';
import { ScriptedKubectl } from '../support/scripted-kubectl.ts';

let kubectl: ScriptedKubectl;

/** A release as Helm keeps it: base64 once by Helm, once by the API. */
function kept(release: object): string {
  return Buffer.from(gzipSync(JSON.stringify(release)).toString('base64')).toString('base64');
}

function release(name: string, values: object): string {
  const manifest = `---\n# Source: ${name}\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n`;
  return kept({ chart: { metadata: { name, version: '1.0.0' } }, config: values, manifest });
}

beforeAll(() => {
  kubectl = new ScriptedKubectl((folder) => `printf '%s\\n' "$*" >>${folder}/calls\ncat ${folder}/answer\n`);
  const lines = [
    'kubeaddons/metallb-kubeaddons\t9\tsuperseded\tmetallb',
    'kubeaddons/metallb-kubeaddons\t10\tdeployed\tmetallb',
    'kubeaddons/traefik-kubeaddons\t1\tfailed\t',
    'elsewhere/traefik-kubeaddons\t3\tdeployed\tx',
    `=kubeaddons/metallb-kubeaddons/10 ${release('metallb', { password: 'hidden' })}`,
    `=kubeaddons/traefik-kubeaddons/1 ${kept({ nothing: 'of the kind' })}`,
    `=elsewhere/traefik-kubeaddons/3 ${release('traefik', {})}`,
  ];
  writeFileSync(join(kubectl.folder, 'answer'), `${lines.join('\n')}\n`);
});

afterAll(() => kubectl.remove());

it('releases are read by one kubectl and no Helm, each as Helm keeps it', () => {
  const questions = ['metallb', 'traefik', 'nobody'].map((name) => ({
    address: '10.0.50.11',
    port: 6443,
    namespace: 'kubeaddons',
    release: `${name}-kubeaddons`,
  }));
  const argvs = questions.map((question) => helmRelease.command(question));
  const output = kubectl.run(helmRelease.joint?.join(argvs) ?? ['false']);
  expect(output).toMatchObject({ exit: 0, stderr: '' });
  const calls = readFileSync(join(kubectl.folder, 'calls'), 'utf8').trimEnd().split('\n');
  expect(calls).toEqual([
    expect.stringContaining('--selector=owner=helm,name in (metallb-kubeaddons,traefik-kubeaddons,nobody-kubeaddons) '),
  ]);
  const outputs = helmRelease.joint?.split(output, argvs) ?? [];
  const [metallb, traefik, nobody] = questions.map(
    (question, index) => () => helmRelease.parse(outputs[index] ?? output, question),
  );
  expect(metallb?.()).toEqual({
    revisions: [
      { number: 10, status: 'deployed', component: 'metallb' },
      { number: 9, status: 'superseded', component: 'metallb' },
    ],
    content: {
      chart: 'metallb',
      version: '1.0.0',
      values: { password: 'hidden' },
      objects: [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'metallb', namespace: 'kubeaddons' } }],
    },
  });
  expect(traefik).toThrow('what Helm keeps of it is not legible');
  expect(nobody?.()).toBeUndefined();
});
