import type { Lab } from './lab.ts';

/** Milliseconds between two packets. */
const EVERY_MS = 20;

/** What came of pings from one host. */
export interface Pings {
  readonly sent: number;
  readonly lost: number;
  /** The longest time without an answer, in milliseconds: consecutive packets that were lost, times their distance. */
  readonly longestGapMs: number;
}

/** Counts packets in what `ping` printed, one line for each answer. */
function countPings(text: string): Pings {
  const answered = [...text.matchAll(/icmp_seq=(\d+) .*time=/g)].map((match) => Number(match[1]));
  const sent = Number(/(\d+) packets transmitted/.exec(text)?.[1] ?? 0);
  let gap = 0;
  for (const [index, sequence] of answered.entries()) gap = Math.max(gap, sequence - (answered[index - 1] ?? 0) - 1);
  return { sent, lost: sent - new Set(answered).size, longestGapMs: gap * EVERY_MS };
}

/** Sends packets from a host until `stop`, which says what came of them. */
function startPings(lab: Lab, from: string, to: string): { stop(): Promise<Pings> } {
  const pid = `/run/ping-${to}.pid`;
  const script = `ping -n -i ${EVERY_MS / 1000} "$1" & echo $! >"$2"; wait`;
  const run = lab.host(from, ['sh', '-c', script, 'sh', to, pid]);
  return {
    async stop() {
      await lab.host(from, ['sh', '-c', 'kill -INT "$(cat "$1")"; rm -f "$1"', 'sh', pid]);
      return countPings((await run).stdout);
    },
  };
}

/** Does something while packets travel from hosts to an address; says what came of them, host by host, and how long it took. */
export async function whilePinging<T>(
  lab: Lab,
  hosts: readonly string[],
  to: string,
  act: () => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number; readonly pings: readonly Pings[] }> {
  const started = hosts.map((host) => startPings(lab, host, to));
  const began = performance.now();
  const result = await act();
  const seconds = (performance.now() - began) / 1000;
  return { result, seconds, pings: await Promise.all(started.map((each) => each.stop())) };
}

/** `3 of 900 (60 ms)`: packets lost and the longest gap. */
export function printPings({ sent, lost, longestGapMs }: Pings): string {
  return sent === 0 ? '–' : `${lost} of ${sent} (${longestGapMs} ms)`;
}
