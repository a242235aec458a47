import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { type Answer, closeServers, serve } from '../../test/support/file-server.ts';
import { download, DownloadFailed } from './download.ts';
import { sha256Of } from './file-digest.ts';

afterEach(closeServers);

const CONTENT = 'what is to be downloaded '.repeat(1000);

/** Answers ranges as real servers do. */
const sending = (content: string): Answer => breakingOff(content, Number.POSITIVE_INFINITY, '');

/**
 * The same, but each answer ends after so many bytes: once they have arrived in the client's cache, because what a client
 * has not read when a connection ends is lost.
 */
const breakingOff =
  (content: string, after: number, cache: string): Answer =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= content.length) return response.writeHead(416).end();
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': content.length - from,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    if (from + after >= content.length) return response.end(content.slice(from));
    response.write(content.slice(from, from + after));
    const arrived = async () => (await stat(partialIn(cache)).catch(() => undefined))?.size === from + after;
    void vi.waitUntil(arrived, { interval: 5, timeout: 5000 }).finally(() => response.destroy());
  };

const partialIn = (cache: string) => join(cache, 'downloads', `${sha256Of(CONTENT)}.partial`);

async function tryDownload(url: string, given: { env?: Record<string, string>; cache?: string; sha256?: string } = {}) {
  const cache = given.cache ?? (await mkdtemp(join(tmpdir(), 'konvoy-cache-')));
  const said: string[] = [];
  const outcome = await download(
    { name: 'helm', version: '3.22.0', url: `${url}/helm`, sha256: given.sha256 ?? sha256Of(CONTENT) },
    {
      cache,
      env: given.env ?? {},
      say: (text) => said.push(text),
      signal: new AbortController().signal,
    },
  ).catch((error: unknown) => error);
  const left = await readdir(join(cache, 'downloads')).catch(() => []);
  return { outcome, cache, said, left };
}

async function contentOf(path: unknown): Promise<string> {
  if (typeof path !== 'string') throw path;
  return await readFile(path, 'utf8');
}

test('a file is downloaded once, and then taken from the cache', async () => {
  const { url, seen } = await serve(sending(CONTENT));
  const first = await tryDownload(url);
  expect(await contentOf(first.outcome)).toBe(CONTENT);
  expect(first.said[0]).toContain('downloading helm 3.22.0 from 127.0.0.1');
  expect((await tryDownload(url, { cache: first.cache })).outcome).toBe(first.outcome);
  expect(seen).toEqual(['/helm']);
});

test('a file in the cache that was changed there is downloaded again', async () => {
  const { url } = await serve(sending(CONTENT));
  const { cache, outcome } = await tryDownload(url);
  await writeFile(String(outcome), 'something else');
  expect(await contentOf((await tryDownload(url, { cache })).outcome)).toBe(CONTENT);
});

test('a connection that breaks off again and again is taken up where it was', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
  const { url, seen } = await serve(breakingOff(CONTENT, 10_000, cache));
  expect(await contentOf((await tryDownload(url, { cache })).outcome)).toBe(CONTENT);
  expect(seen).toEqual(['/helm', '/helm bytes=10000-', '/helm bytes=20000-']);
});

test('a download goes on in the next run', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
  let turn = 0;
  const { url, seen } = await serve((request, response) => {
    turn += 1;
    if (turn === 2) response.destroy();
    else breakingOff(CONTENT, turn === 1 ? 5000 : CONTENT.length, cache)(request, response);
  });
  const first = await tryDownload(url, { cache });
  expect(String(first.outcome)).toContain('broke off after');
  expect(first.outcome).toMatchObject({ hint: 'run it again: it goes on from there' });
  expect(await contentOf((await tryDownload(url, { cache })).outcome)).toBe(CONTENT);
  expect(seen.at(-1)).toBe('/helm bytes=5000-');
});

test('what an earlier run has left is thrown away where it does not fit', async () => {
  const { url } = await serve(sending(CONTENT));
  for (const rest of ['no beginning of it', 'x'.repeat(CONTENT.length + 5)]) {
    const cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
    await mkdir(join(cache, 'downloads'));
    await writeFile(partialIn(cache), rest);
    expect(await contentOf((await tryDownload(url, { cache })).outcome)).toBe(CONTENT);
  }
});

test('a file is asked for as it is: half of what a server packs on the way cannot be gone on with', async () => {
  const asked: unknown[] = [];
  const { url } = await serve((request, response) => {
    asked.push(request.headers['accept-encoding']);
    response.end(CONTENT);
  });
  expect(await contentOf((await tryDownload(url)).outcome)).toBe(CONTENT);
  expect(asked).toEqual(['identity']);
});

test('a server that sends one elsewhere is followed, also with the rest of a file', async () => {
  const store = await serve(sending(CONTENT));
  const { url } = await serve((request, response) =>
    response.writeHead(302, { location: `${store.url}/store${request.url}?token=1` }).end(),
  );
  const cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
  await mkdir(join(cache, 'downloads'));
  await writeFile(partialIn(cache), CONTENT.slice(0, 100));
  expect(await contentOf((await tryDownload(url, { cache })).outcome)).toBe(CONTENT);
  expect(store.seen).toEqual(['/store/helm?token=1 bytes=100-']);
});

test('a server that knows no ranges is asked for everything', async () => {
  const { url } = await serve((_request, response) => response.end(CONTENT));
  const cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
  await mkdir(join(cache, 'downloads'));
  await writeFile(partialIn(cache), CONTENT.slice(0, 100));
  expect(await contentOf((await tryDownload(url, { cache })).outcome)).toBe(CONTENT);
});

test('a file with another checksum is refused, and nothing of it is kept', async () => {
  const { url } = await serve(sending('something else'));
  const { outcome, left } = await tryDownload(url);
  expect(outcome).toBeInstanceOf(DownloadFailed);
  expect(String(outcome)).toContain(`its sha256 is ${sha256Of('something else')}, not ${sha256Of(CONTENT)}`);
  expect(left).toEqual([]);
});

test.each([403, 404, 500, 503])('a server that answers %s is named with that answer', async (status) => {
  const { url } = await serve((_request, response) => response.writeHead(status).end('no'));
  const { outcome, left } = await tryDownload(url);
  expect(String(outcome)).toContain(`${url}/helm answers ${status}`);
  expect(left).toEqual([]);
});

test('without a way to the network it says so, and what to do', async () => {
  const { url, server } = await serve(sending(CONTENT));
  server.close();
  const { outcome } = await tryDownload(url);
  expect(outcome).toBeInstanceOf(DownloadFailed);
  expect(String(outcome)).toMatch(/cannot be reached: .*ECONNREFUSED/);
  expect(outcome).toMatchObject({ hint: expect.stringContaining('--bundle DIR') });
});

test('plain HTTP goes through HTTP_PROXY, but not to a host of NO_PROXY', async () => {
  const direct = await serve(sending(CONTENT));
  const proxy = await serve(sending(CONTENT));
  expect(await contentOf((await tryDownload(direct.url, { env: { HTTP_PROXY: proxy.url } })).outcome)).toBe(CONTENT);
  expect([proxy.seen, direct.seen]).toEqual([[`${direct.url}/helm`], []]);
  const env = { HTTP_PROXY: proxy.url, no_proxy: 'localhost,127.0.0.1' };
  expect(await contentOf((await tryDownload(direct.url, { env })).outcome)).toBe(CONTENT);
  expect([proxy.seen.length, direct.seen]).toEqual([1, ['/helm']]);
});

test('HTTPS goes through a tunnel of HTTPS_PROXY, and a proxy that refuses is named without its password', async () => {
  const asked: string[] = [];
  const proxy = await serve(() => undefined);
  proxy.server.on('connect', (request: IncomingMessage, socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  const env = { HTTPS_PROXY: proxy.url.replace('http://', 'http://me:hidden@') };
  const { outcome } = await tryDownload('https://downloads.invalid', { env });
  expect(asked).toEqual([`downloads.invalid:443 Basic ${Buffer.from('me:hidden').toString('base64')}`]);
  expect(String(outcome)).toMatch(/https:\/\/downloads\.invalid\/helm cannot be reached: .*407/);
  expect(JSON.stringify(outcome) + String(outcome)).not.toContain('hidden');
});

test('a proxy that is no URL is refused without being shown', async () => {
  for (const HTTP_PROXY of ['proxy:3128', 'http://', 'ftp://me:hidden@proxy']) {
    const { outcome } = await tryDownload('http://127.0.0.1:9', { env: { HTTP_PROXY } });
    expect(String(outcome)).toContain('HTTP_PROXY is no address of a proxy');
    expect(String(outcome)).not.toContain('hidden');
  }
});

test('a cache that everybody may write into is refused before anything is asked', async () => {
  const { url, seen } = await serve(sending(CONTENT));
  const cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
  await chmod(cache, 0o777);
  expect(String((await tryDownload(url, { cache })).outcome)).toContain('can be written by everybody');
  expect(seen).toEqual([]);
});
