import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { konvoyCommand } from './konvoy-command.ts';

/** One request for /livez; times in milliseconds since the epoch. */
interface ApiRequest {
  readonly start: number;
  readonly end: number;
  /** `ok`, or why there was no good answer. */
  readonly outcome: string;
}

/** What a client saw between two moments. */
export interface Availability {
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds without a good answer, at most. */
  readonly longestGap: number;
}

/** A client in the deployer's seat: ten requests a second, each over a TLS connection of its own. */
export interface ApiClient {
  /** What it saw since `since` (milliseconds since the epoch), once answers come steadily again for two seconds. */
  availabilitySince(since: number): Promise<Availability>;
  stop(): Promise<void>;
}

/** What requests that were done between two moments come to. Throws where fewer than ten were. */
export function judgeAvailability(requests: readonly ApiRequest[], since: number): Availability {
  const seen = requests.filter(({ end }) => end >= since);
  if (seen.length < 10) throw new Error(`only ${seen.length} requests were made: nothing was measured`);
  const good = requests.filter(({ outcome }) => outcome === 'ok').map(({ end }) => end);
  const times = good.sort((a, b) => a - b);
  let longestGap = 0;
  for (const [index, time] of times.entries()) {
    const last = times[index - 1];
    if (last !== undefined && time >= since) longestGap = Math.max(longestGap, time - last);
  }
  return { requests: seen.length, failed: seen.filter(({ outcome }) => outcome !== 'ok').length, longestGap };
}

/** Starts a client against an API server's address and waits for its first good answer. */
export async function startApiClient(lab: string, address: string, port: number): Promise<ApiClient> {
  const program = await readFile(join(import.meta.dirname, 'api-client.py'), 'utf8');
  const [file, ...args] = konvoyCommand();
  const child = execa(
    file,
    [...args, 'lab', 'exec', '--name', lab, '--', 'python3', '-c', program, address, String(port)],
    { reject: false, stdin: 'pipe', buffer: false },
  );
  const requests: ApiRequest[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [start = '', end = '', outcome = ''] = line.split(' ');
      requests.push({ start: Number(start) * 1000, end: Number(end) * 1000, outcome });
    }
  });
  const stop = async () => {
    child.stdin.end();
    await child;
  };
  /** Whether nothing but good answers came in the last two seconds. */
  const isSteady = () => {
    const recent = requests.filter(({ end }) => end > Date.now() - 2000);
    return recent.length >= 10 && recent.every(({ outcome }) => outcome === 'ok');
  };
  const steady = async () => {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) if (isSteady()) return;
    throw new Error(`the API does not answer steadily; last: ${JSON.stringify(requests.slice(-5))}`);
  };
  try {
    await steady();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    availabilitySince: async (since) => {
      // What was asked before the fault and hangs is known after its time-out of five seconds.
      await sleep(Math.max(0, since + 6000 - Date.now()));
      await steady();
      return judgeAvailability(requests, since);
    },
    stop,
  };
}
