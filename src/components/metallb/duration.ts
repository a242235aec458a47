const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** Seconds of a duration as Go writes them, such as `1m30s`; `0` alone is none. */
export function secondsOf(duration: string): number {
  let total = 0;
  for (const [, amount, unit = ''] of duration.matchAll(/([0-9.]+)(ms|h|m|s)/g)) {
    total += Number(amount) * (UNITS[unit] ?? 0);
  }
  return total;
}

/** Whole seconds as Go prints them: `1m30s`, `1h0m0s`, `3s`. The API server gives durations back this way. */
export function printSeconds(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
