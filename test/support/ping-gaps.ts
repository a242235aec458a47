/** What a pinging client saw: how many replies, and the longest time without one, in milliseconds. */
export interface PingGaps {
  readonly replies: number;
  readonly longestGapMs: number;
  /** Milliseconds since the epoch; NaN without a reply. */
  readonly firstReplyAt: number;
  readonly lastReplyAt: number;
}

/**
 * Reads the output of `ping -n -D -i SECONDS ADDRESS` (iputils: every reply line starts with `[epoch seconds]`).
 * The time before the first and after the last reply is not counted: a caller starts and stops in a healthy state.
 */
export function readPingGaps(output: string): PingGaps {
  const times = [...output.matchAll(/^\[(\d+\.\d+)\] \d+ bytes from /gm)].map((match) => Number(match[1]) * 1000);
  let longestGapMs = 0;
  for (let index = 1; index < times.length; index++) {
    longestGapMs = Math.max(longestGapMs, (times[index] ?? 0) - (times[index - 1] ?? 0));
  }
  return {
    replies: times.length,
    longestGapMs,
    firstReplyAt: times[0] ?? Number.NaN,
    lastReplyAt: times.at(-1) ?? Number.NaN,
  };
}
