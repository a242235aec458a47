import { type Fact, FactUnreadable } from '../core/fact.ts';

/** What a machine's clock says: seconds since the epoch, with a fraction. */
export const clock: Fact<undefined, number> = {
  name: 'clock',
  // BSD's date knows no %N and prints the letter.
  command: () => ['date', '+%s.%N'],
  parse({ exit, stdout, stderr }) {
    const match = /^(\d+)(\.\d+)?/.exec(stdout);
    if (exit !== 0 || match === null) throw new FactUnreadable(stderr.trim() || `date printed "${stdout.trim()}"`);
    return Number(match[0]);
  },
};
