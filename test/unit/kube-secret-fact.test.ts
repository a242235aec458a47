import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kubeSecret } from '../../src/facts/kube-secret.ts';
import { ScriptedKubectl } from '../support/scripted-kubectl.ts';

const secret = (name: string, password: string) => ({
  kind: 'Secret',
  metadata: { namespace: 'kubeaddons', name },
  type: 'kubernetes.io/basic-auth',
  data: { password: Buffer.from(password).toString('base64') },
});

let kubectl: ScriptedKubectl;
beforeAll(() => {
  const list = JSON.stringify({ kind: 'List', items: [secret('b', 'second word'), secret('a', 'first word')] });
  kubectl = new ScriptedKubectl(
    (folder) => `echo "$*" >>${folder}/calls; cat >>${folder}/asked\nprintf '%s\\n' '${list}'\n`,
  );
});
afterAll(() => kubectl.remove());

it('Secrets are read by one kubectl, each by whoever asked for it; one that is not there is none', () => {
  const questions = ['a', 'b', 'c'].map((name) => ({
    address: '10.0.50.11',
    port: 6443,
    namespace: 'kubeaddons',
    name,
  }));
  const argvs = questions.map((question) => kubeSecret.command(question));
  const output = kubectl.run(kubeSecret.joint?.join(argvs) ?? ['false']);
  const answers = kubeSecret.joint?.split(output, argvs) ?? [];
  const found = questions.map((question, index) => kubeSecret.parse(answers[index] ?? output, question));
  expect(found.map((one) => one?.values.password?.reveal())).toEqual(['first word', 'second word', undefined]);
  expect(found[2]).toBeUndefined();
  const read = (file: string) => readFileSync(join(kubectl.folder, file), 'utf8').trim().split('\n');
  expect(read('calls')).toHaveLength(1);
  expect(read('asked').map((line) => JSON.parse(line).metadata)).toEqual(
    ['a', 'b', 'c'].map((name) => ({ namespace: 'kubeaddons', name })),
  );
});
