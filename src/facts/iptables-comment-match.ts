import type { Argv, Fact } from '../core/fact.ts';
import type { IptablesBackend } from '../core/filter-table.ts';

const COMMANDS: Readonly<Record<IptablesBackend, Argv>> = {
  nft: [
    'sh',
    '-c',
    'printf "*filter\\n-A INPUT -m comment --comment test -j ACCEPT\\nCOMMIT\\n" | iptables-restore --test --noflush',
    'iptables-comment-match',
  ],
  legacy: ['iptables', '-m', 'comment', '--help'],
};

/**
 * Whether `-m comment` can be used with the backend of the command `iptables`, without which konvoy cannot mark its rules
 * (RHEL 10 moved some xt modules into kernel-modules-extra). With the nft backend a rule is tried with `--test`, which
 * writes nothing; legacy would make the table, so there only the extension is asked for its help text.
 */
export const commentMatch: Fact<IptablesBackend, boolean> = {
  name: 'iptables comment match',
  command: (backend) => COMMANDS[backend],
  parse: (output) => output.exit === 0,
};
