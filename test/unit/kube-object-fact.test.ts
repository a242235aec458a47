import { afterAll, beforeAll, expect, it } from 'vitest';
import { dryRunHelmReplacement, dryRunObject } from '../../src/facts/kube-object.ts';
import { ScriptedKubectl } from '../support/scripted-kubectl.ts';

/** Prints what it reads as an API server would apply it, and refuses what holds the word `taken`. */
const SCRIPT = `text=$(cat)
case $text in *refused*) echo 'The ConfigMap "refused" is invalid: data: no' >&2; exit 1 ;; esac
case $text in *lost*) echo 'The connection to the server was refused' >&2; exit 1 ;; esac
case $text in *taken*) echo 'error: Apply failed with 1 conflict: conflict with "somebody"' >&2; exit 1 ;; esac
printf '%s\\n' "$text"
`;

let kubectl: ScriptedKubectl;
beforeAll(() => {
  kubectl = new ScriptedKubectl(() => SCRIPT);
});
afterAll(() => kubectl.remove());

it('of objects that are asked together, one that somebody else manages does not hide what becomes of the others', () => {
  const questions = ['free', 'taken'].map((name) => ({
    address: '10.0.50.11',
    port: 6443,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } },
  }));
  const argvs = questions.map((question) => dryRunObject.command(question));
  const output = kubectl.run(dryRunObject.joint?.join(argvs) ?? ['false']);
  expect(output).toMatchObject({ exit: 0, stderr: '' });
  const answers = dryRunObject.joint?.split(output, argvs) ?? [];
  expect(questions.map((question, index) => dryRunObject.parse(answers[index] ?? output, question))).toMatchObject([
    { is: 'applied', object: { metadata: { name: 'free' } } },
    { is: 'conflict', message: expect.stringContaining('conflict with "somebody"') },
  ]);
});

it('of objects that are asked together, one that the API server refuses does not hide the others, and no answer is one of none', () => {
  const ask = (...names: string[]) => {
    const questions = names.map((name) => ({
      address: '10.0.50.11',
      port: 6443,
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } },
    }));
    const argvs = questions.map((question) => dryRunHelmReplacement.command(question));
    const output = kubectl.run(dryRunHelmReplacement.joint?.join(argvs) ?? ['false']);
    const answers = dryRunHelmReplacement.joint?.split(output, argvs) ?? [];
    return questions.map((question, index) => () => dryRunHelmReplacement.parse(answers[index] ?? output, question));
  };
  const [refused, free] = ask('refused', 'free');
  expect(refused).toThrow('data: no');
  expect(free?.()).toMatchObject({ is: 'applied', object: { metadata: { name: 'free' } } });
  for (const question of ask('lost', 'free')) expect(question).toThrow('The connection to the server was refused');
});
