import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { download } from '../../src/bundle/download.ts';
import { sha256Of } from '../../src/bundle/file-digest.ts';
import { closeServers, serve } from '../support/file-server.ts';

const CONTENT = 'what is to be downloaded '.repeat(1000);
const HALF = 10_000;
const PROCESS = fileURLToPath(new URL('../support/download-process.ts', import.meta.url));
const UNTIL = { interval: 10, timeout: 20_000 };

let cache: string;
let url: string;
let seen: string[];
/** The first answer, half of which was sent. */
let first: ServerResponse | undefined;

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'konvoy-cache-'));
  first = undefined;
  ({ url, seen } = await serve((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` };
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': CONTENT.length - from, ...(from > 0 ? range : {}) });
    if (first !== undefined) return response.end(CONTENT.slice(from));
    first = response;
    response.write(CONTENT.slice(0, HALF));
  }));
});

afterEach(() => {
  closeServers();
  rmSync(cache, { recursive: true });
});

interface Running {
  readonly process: ChildProcess;
  readonly lines: () => readonly string[];
  readonly ended: Promise<unknown>;
}

/** A run in a process of its own. */
function run(env: NodeJS.ProcessEnv = process.env): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', PROCESS, cache, `${url}/helm`, sha256Of(CONTENT)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return { process: child, lines: () => printed.trimEnd().split('\n'), ended: once(child, 'close') };
}

/** One run that has half of the file, and another one that waits for it. */
async function twoRuns(): Promise<readonly [Running, Running]> {
  const holder = run();
  const partial = join(cache, 'downloads', `${sha256Of(CONTENT)}.partial`);
  await vi.waitUntil(() => statSync(partial, { throwIfNoEntry: false })?.size === HALF, UNTIL);
  const other = run();
  await vi.waitUntil(() => other.lines()[0]?.startsWith('waiting for another run'), UNTIL);
  return [holder, other];
}

function expectWhole({ lines }: Running): void {
  expect(readFileSync(lines().at(-1) ?? '', 'utf8')).toBe(CONTENT);
  expect(readdirSync(join(cache, 'downloads'))).toEqual([sha256Of(CONTENT)]);
}

test('two runs at once download a file once: the second one waits, says so, and takes what the first has brought', async () => {
  const [holder, other] = await twoRuns();
  first?.end(CONTENT.slice(HALF));
  await Promise.all([holder.ended, other.ended]);
  for (const each of [holder, other]) expectWhole(each);
  expect(seen).toEqual(['/helm']);
  expect(other.lines()[0]).toBe(`waiting for another run that downloads into ${cache}; helm 3.22.0: 0.0 MiB so far`);
});

test('where the first run is killed, the second one goes on from where it was', async () => {
  const [holder, other] = await twoRuns();
  holder.process.kill('SIGKILL');
  await other.ended;
  expectWhole(other);
  expect(seen).toEqual(['/helm', `/helm bytes=${HALF}-`]);
});

test('a machine without flock downloads without a lock', async () => {
  const alone = run({ ...process.env, PATH: cache });
  await vi.waitUntil(() => first !== undefined, UNTIL);
  first?.end(CONTENT.slice(HALF));
  await alone.ended;
  expectWhole(alone);
});

test('a run that is interrupted while it waits ends at once, and the first one keeps the lock', async () => {
  const holder = run();
  await vi.waitUntil(() => first !== undefined, UNTIL);
  const controller = new AbortController();
  const said: string[] = [];
  const waiting = download(
    { name: 'helm', version: '3.22.0', url: `${url}/helm`, sha256: sha256Of(CONTENT) },
    {
      cache,
      env: {},
      say: (text) => {
        said.push(text);
        controller.abort(new Error('interrupted'));
      },
      signal: controller.signal,
    },
  );
  await expect(waiting).rejects.toThrow('interrupted');
  expect(said.length).toBe(1);
  first?.end(CONTENT.slice(HALF));
  await holder.ended;
  expectWhole(holder);
  expect(seen).toEqual(['/helm']);
});
