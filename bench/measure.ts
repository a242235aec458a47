import { spawn } from 'node:child_process';

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
