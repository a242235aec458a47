import { type Fact, FactUnreadable } from '../core/fact.ts';

const PROGRAM = 'for name; do command -v "$name" >/dev/null 2>&1 || echo "missing $name"; done; echo looked';

/** Which of these commands a host does not have, in the order given. */
export const missingCommands: Fact<{ readonly names: readonly string[] }, readonly string[]> = {
  name: 'missing commands',
  command: ({ names }) => ['sh', '-c', PROGRAM, 'missing-commands', ...names],
  parse({ stdout, stderr }) {
    if (!/^looked$/m.test(stdout)) throw new FactUnreadable(stderr.trim() || 'the shell did not answer');
    return [...stdout.matchAll(/^missing (.+)$/gm)].map((match) => match[1] ?? '');
  },
};
