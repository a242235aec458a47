import type { Fact } from '../core/fact.ts';

/**
 * Whether `-m comment` can be used, without which konvoy cannot mark its rules (RHEL 10 moved some xt modules into
 * kernel-modules-extra). With the nft backend a rule is tried with `--test`, which writes nothing; legacy would make
 * the table, so there only the extension is asked for its help text.
 */
export const commentMatch: Fact<undefined, boolean> = {
  name: 'iptables comment match',
  command: () => [
    'sh',
    '-c',
    'case $(iptables -V) in *nf_tables*) ' +
      'printf "*filter\\n-A INPUT -m comment --comment test -j ACCEPT\\nCOMMIT\\n" | iptables-restore --test --noflush;; ' +
      '*) iptables -m comment --help >/dev/null;; esac',
    'iptables-comment-match',
  ],
  parse: (output) => output.exit === 0,
};
