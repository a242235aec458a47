import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What one run of a command cost. */
export interface Measured {
  readonly seconds: number;
  readonly exit: number;
  readonly output: string;
}

/** Runs a command to its end and measures it as a whole process. */
export function measure(command: readonly [string, ...string[]], options: { cwd?: string } = {}): Promise<Measured> {
  const [file, ...args] = command;
  const began = process.hrtime.bigint();
  const child = spawn(file, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      resolve({ seconds, exit: code ?? 1, output });
    });
  });
}

/** Like `measure`, and an exit code other than 0 stops the benchmark with the command's output. */
export async function measureGood(
  command: readonly [string, ...string[]],
  options: { cwd?: string } = {},
): Promise<Measured> {
  const measured = await measure(command, options);
  if (measured.exit !== 0) throw new Error(`${command.join(' ')} ended with ${measured.exit}:\n${measured.output}`);
  return measured;
}

/** Runs the command behind it, says how much memory it took, and ends as it does. */
const PEAK = [
  'import resource, subprocess, sys',
  'code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)',
  'print("peak KiB", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)',
  'sys.exit(code)',
].join('\n');

/** Words in front of a command, so that what it prints says the largest resident set of it and of what it starts. */
export const PEAK_WORDS = ['python3', '-c', PEAK] as const;

/** The largest resident set of a command that was run behind `PEAK_WORDS`, in MiB. */
export function peakMiB({ output }: Measured): number {
  return Number(/peak KiB (\d+)/.exec(output)?.[1]) / 1024;
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** The value that a share of `p` (0–1) of all values does not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN;
}

/** Prints a Markdown table. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  console.log([line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'));
}

/** konvoy as it was built. */
export const KONVOY = join(import.meta.dirname, '..', 'dist', 'konvoy.js');

/** The lab that a benchmark makes for itself. */
export const LAB = 'bench';

/** A command as it is run in the deployer's seat of the benchmark's lab. */
export function inLab(...command: string[]): [string, ...string[]] {
  return ['node', KONVOY, 'lab', 'exec', '--name', LAB, '--', ...command];
}
