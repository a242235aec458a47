import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dryRunObject } from '../../src/facts/kube-object.ts';

let folder: string;

/** Prints what it reads as an API server would apply it, and refuses what holds the word `taken`. */
const KUBECTL = `#!/bin/sh
text=$(cat)
case $text in *taken*) echo 'error: Apply failed with 1 conflict: conflict with "somebody"' >&2; exit 1 ;; esac
printf '%s\\n' "$text"
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'konvoy-object-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/kubectl'), KUBECTL, { mode: 0o755 });
});

afterAll(() => rmSync(folder, { recursive: true }));

it('of objects that are asked together, one that somebody else manages does not hide what becomes of the others', () => {
  const questions = ['free', 'taken'].map((name) => ({
    address: '10.0.50.11',
    port: 6443,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } },
  }));
  const argvs = questions.map((question) => dryRunObject.command(question));
  const [shell, ...words] = dryRunObject.joint?.join(argvs) ?? ['false'];
  const env = { PATH: `${folder}/bin:${process.env.PATH}`, LC_ALL: 'C' };
  const { status, stdout, stderr } = spawnSync(shell, words, { encoding: 'utf8', env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const answers = dryRunObject.joint?.split({ exit: 0, stdout, stderr }, argvs) ?? [];
  expect(
    answers.map((answer, index) => dryRunObject.parse(answer, questions[index] as (typeof questions)[number])),
  ).toMatchObject([
    { is: 'applied', object: { metadata: { name: 'free' } } },
    { is: 'conflict', message: expect.stringContaining('conflict with "somebody"') },
  ]);
});
