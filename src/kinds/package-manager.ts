import type { HostWriter } from '../connections/host.ts';
import { CommandFailed } from '../core/errors.ts';
import type { Argv, CommandOutput } from '../core/fact.ts';
import type { Writers } from './kind.ts';

/** Seconds between two looks at a lock, and how often konvoy looks: two minutes in all. */
const LOCK_PAUSE_SECONDS = 5;
const LOCK_TRIES = 24;

/** Installing may unpack a lot on a slow disk. */
const TIMEOUT_MS = 15 * 60_000;

/**
 * Who holds the lock, out of what apt, dpkg and dnf say about it: `It is held by process 4711 (apt-get)` (apt 2),
 * `was locked by another process with pid 4711` (dpkg), `The application with PID 4711 is: dnf` (dnf 4).
 */
export function lockHolder({ stdout, stderr }: CommandOutput): string | undefined {
  const text = `${stderr}\n${stdout}`;
  const named = /held by process (\d+) \(([^)]*)\)/.exec(text) ?? /application with PID (\d+) is: (\S+)/.exec(text);
  if (named !== null) return `${named[2]}, process ${named[1]}`;
  const pid = /(?:locked by another process with pid|[Pp]rocess with pid|PID:?) (\d+)/.exec(text);
  if (pid !== null) return `process ${pid[1]}`;
  return /Could not get lock|Unable to (?:acquire|lock)|Failed to obtain the transaction lock/.test(text)
    ? 'another package manager'
    : undefined;
}

/**
 * Runs a package manager without questions; while another one holds the lock, waits up to two minutes. Throws
 * `CommandFailed`, naming the holder where the lock stayed.
 */
export async function runPackageManager(writer: HostWriter, argv: Argv, writers: Writers): Promise<CommandOutput> {
  const command: Argv = ['env', 'DEBIAN_FRONTEND=noninteractive', ...argv];
  for (let attempt = 1; ; attempt += 1) {
    const result = await writer.run(command, { expect: 'any', timeoutMs: TIMEOUT_MS });
    if (result.exit === 0) return result;
    const holder = lockHolder(result);
    if (holder === undefined || attempt === LOCK_TRIES || writers.signal.aborted) {
      const hint =
        holder === undefined
          ? undefined
          : `${holder} holds the lock of the package manager; run konvoy again when it has ended`;
      throw new CommandFailed(writer.address, command.join(' '), result.exit, result.stderr || result.stdout, hint);
    }
    writers.step(`waiting for the package manager's lock: ${holder}`);
    await writer.run(['sleep', String(LOCK_PAUSE_SECONDS)]);
  }
}
