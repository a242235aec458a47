import { type Fact, FactUnreadable } from '../core/fact.ts';
import type { IptablesBackend } from '../core/filter-table.ts';

/** Which backend the command `iptables` uses. Versions before 1.8 print no backend and are legacy. */
export const iptablesVersion: Fact<undefined, { readonly version: string; readonly backend: IptablesBackend }> = {
  name: 'iptables version',
  command: () => ['iptables', '-V'],
  parse(output) {
    if (output.exit === 127) throw new FactUnreadable('iptables is not installed; install the package iptables');
    const match = /^iptables v(\S+)(?: \((nf_tables|legacy)\))?/.exec(output.stdout);
    if (match?.[1] === undefined) throw new FactUnreadable(`\`iptables -V\` says: ${output.stdout || output.stderr}`);
    return { version: match[1], backend: match[2] === 'nf_tables' ? 'nft' : 'legacy' };
  },
};
