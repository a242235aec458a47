import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { konvoyCommand } from './konvoy-command.ts';

/** One good answer: when it was complete, in milliseconds since the epoch, and which host gave it. */
export interface Answer {
  readonly at: number;
  readonly from: string;
}

/** A time without a good answer. */
export interface Silence {
  readonly milliseconds: number;
  /** Who answered before and after it. */
  readonly before: string;
  readonly after: string;
}

/** A client that makes a new TCP connection every 25 ms, for as long as it runs. */
export interface Client {
  readonly answers: readonly Answer[];
  /** Waits until an answer comes that `wanted` likes; fails after `seconds`. Returns that answer. */
  until(wanted: (answer: Answer) => boolean, seconds: number): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * The longest time without a good answer that ended between two moments (milliseconds since the epoch). Undefined
 * where fewer than two answers are known: then nothing was measured.
 */
export function longestSilence(answers: readonly Answer[], since: number, until: number): Silence | undefined {
  let longest: Silence | undefined;
  for (const [index, answer] of answers.entries()) {
    const last = answers[index - 1];
    if (last === undefined || answer.at < since || answer.at > until) continue;
    const milliseconds = answer.at - last.at;
    if (longest !== undefined && milliseconds <= longest.milliseconds) continue;
    longest = { milliseconds, before: last.from, after: answer.from };
  }
  return longest;
}

/** Starts a client on a host of a lab, where `host` is undefined in the deployer's seat, and waits for its first answer. */
export async function startClient(given: {
  lab: string;
  host: string | undefined;
  address: string;
  port: number;
}): Promise<Client> {
  const { lab, host, address, port } = given;
  const program = await readFile(join(import.meta.dirname, 'fresh-connections.py'), 'utf8');
  const where = host === undefined ? [] : ['--host', host];
  const [file, ...args] = konvoyCommand();
  const child = execa(
    file,
    [...args, 'lab', 'exec', '--name', lab, ...where, '--', 'python3', '-c', program, address, String(port)],
    { reject: false, stdin: 'pipe', buffer: false },
  );
  const answers: Answer[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [seconds = '', from = ''] = line.split(' ');
      answers.push({ at: Number(seconds) * 1000, from });
    }
  });
  const client: Client = {
    answers,
    async until(wanted, seconds) {
      let looked = answers.length;
      for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(10)) {
        for (; looked < answers.length; looked++) {
          const answer = answers[looked];
          if (answer !== undefined && wanted(answer)) return answer;
        }
      }
      throw new Error(
        `no such answer from ${address} within ${seconds} s; the last was ${JSON.stringify(answers.at(-1))}`,
      );
    },
    async stop() {
      child.stdin.end();
      await child;
    },
  };
  try {
    await client.until(() => true, 20);
  } catch (error) {
    await client.stop();
    throw error;
  }
  return client;
}
