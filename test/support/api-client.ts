import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { konvoyCommand } from './konvoy-command.ts';

/** What a client saw that asked ten times a second. */
export interface ApiAvailability {
  readonly good: number;
  /** Why requests failed, and how often. */
  readonly failed: Readonly<Record<string, number>>;
  /** The longest time between two good answers, in milliseconds. */
  readonly longestGap: number;
}

/** Starts a client of the API in the deployer's seat of a lab; `stop` ends it and says what it saw. */
export async function startApiClient(
  lab: string,
  address: string,
  port: number,
): Promise<{ stop(): Promise<ApiAvailability> }> {
  const program = await readFile(join(import.meta.dirname, 'api-client.py'), 'utf8');
  const [file, ...args] = konvoyCommand();
  const child = execa(
    file,
    [...args, 'lab', 'exec', '--name', lab, '--', 'python3', '-c', program, address, String(port)],
    {
      reject: false,
      stdin: 'pipe',
    },
  );
  return {
    async stop() {
      child.stdin.end();
      return judge((await child).stdout.split('\n').filter((line) => line !== ''));
    },
  };
}

function judge(lines: readonly string[]): ApiAvailability {
  const good: number[] = [];
  const failed: Record<string, number> = {};
  for (const line of lines) {
    const why = line.slice(line.indexOf(' ') + 1);
    if (why === 'ok') good.push(Number.parseFloat(line) * 1000);
    else failed[why] = (failed[why] ?? 0) + 1;
  }
  good.sort((one, other) => one - other);
  const gaps = good.slice(1).map((at, index) => at - (good[index] ?? at));
  return { good: good.length, failed, longestGap: Math.max(0, ...gaps) };
}
