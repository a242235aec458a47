import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { KonvoyError } from '../core/errors.ts';
import { digestFile } from './file-digest.ts';
import { lockFile, NoFlock } from './lock-file.ts';
import { assertOnlyWeWrite } from './trusted-path.ts';

/** A file that is downloaded from its pinned origin: the digest vouches for it, wherever it comes from. */
export interface PinnedDownload {
  readonly name: string;
  readonly version: string;
  /** `https:` or `http:`. */
  readonly url: string;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
}

export interface DownloadSettings {
  readonly cache: string;
  /** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are heeded, in capitals or not. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** A file could not be downloaded, or is not the one that was pinned. */
export class DownloadFailed extends KonvoyError {}

/** Milliseconds of silence after which a server is given up. */
const PATIENCE_MS = 30_000;

/** Milliseconds between two lines of progress. */
const PROGRESS_MS = 5_000;

/** Milliseconds of waiting for another run after which that is said: a comparison of digests is not worth a line. */
const PATIENCE_WITH_RUNS_MS = 1_000;

/**
 * The path of a file in the cache, downloaded where it is missing. A download that broke off goes on where it was. Of runs
 * that share a cache one downloads at a time, so each partial file has one writer, and the others find what it has brought.
 * Fails with `DownloadFailed`, and with `BundleInvalid` where others can write into the cache.
 */
export async function download(file: PinnedDownload, settings: DownloadSettings): Promise<string> {
  const folder = join(settings.cache, 'downloads');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const ours of [settings.cache, folder]) await assertOnlyWeWrite(ours);
  const path = join(folder, file.sha256);
  if (await isRight(path, file)) return path;
  const unlock = await lockDownloads(file, `${path}.partial`, settings);
  try {
    // While we waited for the lock, its holder may have brought it.
    if (!(await isRight(path, file))) await bringTo(path, file, settings);
  } finally {
    await unlock();
  }
  return path;
}

/** One lock for all downloads: they come one after the other anyway. Says while it waits how far the other run is. */
async function lockDownloads(
  { name, version }: PinnedDownload,
  partial: string,
  { cache, say, signal }: DownloadSettings,
): Promise<() => Promise<void>> {
  const tell = async () => {
    const have = await sizeOf(partial);
    const far = have > 0 ? `; ${name} ${version}: ${megabytes(have)} so far` : '';
    say(`waiting for another run that downloads into ${cache}${far}`);
  };
  const timers = [setTimeout(tell, PATIENCE_WITH_RUNS_MS), setInterval(tell, PROGRESS_MS)];
  try {
    return await lockFile(join(cache, 'downloads.lock'), signal);
  } catch (error) {
    // Such a machine goes without: a half file that two runs have spoilt is found by its digest.
    if (error instanceof NoFlock) return async () => undefined;
    throw error;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Downloads a file, compares it, and puts it in its place. Nobody else does at the same time. */
async function bringTo(path: string, file: PinnedDownload, settings: DownloadSettings): Promise<void> {
  const partial = `${path}.partial`;
  const proxies = proxiesOf(settings.env);
  try {
    const wentOn = (await sizeOf(partial)) > 0;
    if (!(await isRight(partial, file))) await receiveAll(file, partial, proxies, settings);
    if (wentOn && !(await isRight(partial, file))) {
      settings.say('what an earlier run had left was no beginning of it; once more from the start');
      await rm(partial);
      await receiveAll(file, partial, proxies, settings);
    }
  } finally {
    await proxies.destroy();
  }
  const { sha256 } = await digestFile(partial);
  if (sha256 !== file.sha256) {
    await rm(partial);
    throw new DownloadFailed(
      `${file.url} is not the file that was pinned: its sha256 is ${sha256}, not ${file.sha256}`,
      {
        hint: 'something between here and there changes files, or the origin was changed: do not use it',
      },
    );
  }
  await rename(partial, path);
}

async function isRight(path: string, { sha256 }: PinnedDownload): Promise<boolean> {
  return (await sizeOf(path)) > 0 && (await digestFile(path)).sha256 === sha256;
}

/** Tries again as long as each attempt brings more than the one before. */
async function receiveAll(
  file: PinnedDownload,
  partial: string,
  proxies: EnvHttpProxyAgent,
  settings: DownloadSettings,
): Promise<void> {
  settings.say(`downloading ${file.name} ${file.version} from ${new URL(file.url).host}`);
  for (let before = await sizeOf(partial); ; ) {
    try {
      return await receive(file, partial, before, proxies, settings);
    } catch (error) {
      settings.signal.throwIfAborted();
      const now = await sizeOf(partial);
      if (error instanceof DownloadFailed || now <= before) throw explain(file, now, error);
      settings.say(`the connection broke off after ${megabytes(now)}; going on from there`);
      before = now;
    }
  }
}

/** One request, for what is still missing. Whatever has come is in the file, also after a failure. */
async function receive(
  file: PinnedDownload,
  partial: string,
  have: number,
  proxies: EnvHttpProxyAgent,
  { signal, say }: Pick<DownloadSettings, 'signal' | 'say'>,
): Promise<void> {
  // As it is: what a server packs on the way is another file, and half of it cannot be gone on with.
  const headers = { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) };
  const response = await fetch(file.url, { headers, signal, dispatcher: proxies });
  if (response.status === 416 && have > 0) {
    // What we have is longer than what is there.
    await rm(partial);
    return await receive(file, partial, 0, proxies, { signal, say });
  }
  if (!response.ok || response.body === null) throw refused(file, response);
  const goesOn =
    response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`) === true;
  if (response.status === 206 && !goesOn) throw refused(file, response);
  const start = goesOn ? have : 0;
  const total = start + Number(response.headers.get('content-length') ?? 0);
  const target = await open(partial, goesOn ? 'a' : 'w', 0o644);
  try {
    let [received, said] = [start, performance.now()];
    for await (const chunk of response.body) {
      await target.write(chunk);
      received += chunk.length;
      if (performance.now() - said < PROGRESS_MS) continue;
      said = performance.now();
      say(`${file.name} ${file.version}: ${megabytes(received)}${total > start ? ` of ${megabytes(total)}` : ''}`);
    }
  } finally {
    await target.close();
  }
}

function refused({ url }: PinnedDownload, { status, statusText }: Response): DownloadFailed {
  return new DownloadFailed(`${url} answers ${status} ${statusText}`.trimEnd(), { hint: OFFLINE });
}

const OFFLINE = 'without a way there use --bundle DIR or --download-mirror URL; behind a proxy set HTTPS_PROXY';

function explain({ url }: PinnedDownload, received: number, error: unknown): DownloadFailed {
  if (error instanceof DownloadFailed) return error;
  const why = innermost(error);
  if (received > 0) {
    return new DownloadFailed(`${url} broke off after ${megabytes(received)}: ${why}`, {
      cause: error,
      hint: 'run it again: it goes on from there',
    });
  }
  return new DownloadFailed(`${url} cannot be reached: ${why}`, { cause: error, hint: OFFLINE });
}

/** fetch says no more than "fetch failed"; the reason is in its cause, or in the cause of that. */
function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}

/** Plain HTTP goes through a proxy as it is, HTTPS through a tunnel. Without HTTPS_PROXY, HTTP_PROXY serves both. */
function proxiesOf(env: DownloadSettings['env']): EnvHttpProxyAgent {
  const setting = (name: string) => env[name.toLowerCase()] ?? env[name] ?? '';
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) {
    // The value is not shown: it may hold a password.
    if (!/^(|https?:\/\/\S+)$/.test(setting(name)) || (setting(name) !== '' && !URL.canParse(setting(name)))) {
      throw new DownloadFailed(`${name} is no address of a proxy`, { hint: 'write it as http://HOST:PORT' });
    }
  }
  return new EnvHttpProxyAgent({
    httpProxy: setting('HTTP_PROXY'),
    httpsProxy: setting('HTTPS_PROXY'),
    noProxy: setting('NO_PROXY'),
    proxyTunnel: false,
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
  });
}

/** Bytes; 0 where there is no file. */
async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
