import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { API_STATE_PATH } from '../../src/core/api-address.ts';
import { WATCH_PROGRAM } from '../../src/components/keepalived/api-watch.ts';

const folder = mkdtempSync(join(tmpdir(), 'konvoy-watch-'));
const state = join(folder, 'api');
const leaves = `${state}-leaves`;
let watch: ReturnType<typeof spawn>;

/** Lets the API server answer with a code from now on. */
const answer = (code: string) => writeFileSync(join(folder, 'code'), code);
const says = () => readFileSync(state, 'utf8').trim();
async function becomes(wanted: '0' | '1'): Promise<void> {
  await expect.poll(says, { timeout: 5000, interval: 20 }).toBe(wanted);
}

beforeAll(() => {
  writeFileSync(join(folder, 'curl'), `#!/bin/sh\ncat '${folder}/code'\n`);
  chmodSync(join(folder, 'curl'), 0o755);
  answer('200');
  writeFileSync(state, '');
  const program = WATCH_PROGRAM.replaceAll(API_STATE_PATH, state);
  watch = spawn('sh', ['-c', program, 'sh', '6443', state], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    stdio: 'ignore',
  });
});

afterAll(() => {
  watch.kill();
  rmSync(folder, { recursive: true });
});

it('says that the API server lives while it answers, whoever it wants to know', async () => {
  await becomes('0');
  answer('000');
  await becomes('1');
  answer('401');
  await becomes('0');
});

it('says that it is dead before it is restarted on purpose, and the truth again afterwards', async () => {
  mkdirSync(leaves);
  await becomes('1');
  await sleep(600);
  expect(says()).toBe('1');
  rmdirSync(leaves);
  await becomes('0');
});

it('minds no folder that a killed run has left long ago', async () => {
  mkdirSync(leaves);
  const longAgo = Date.now() / 1000 - 11 * 60;
  utimesSync(leaves, longAgo, longAgo);
  await sleep(600);
  expect(says()).toBe('0');
});
