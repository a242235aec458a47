import { type Fact, FactUnreadable } from '../core/fact.ts';

/** What kube-proxy has made of an address from outside on one node. */
export interface ServiceRules {
  /** By what kube-proxy brings its traffic to pods there; undefined: nothing of it knows the address. */
  readonly by: 'iptables' | 'ipvs' | 'nftables' | undefined;
  /** Whether it turns traffic away there, because no pod is ready for it. */
  readonly rejects: boolean;
  /** The rules that name the address, as the node prints them. */
  readonly lines: readonly string[];
}

/**
 * `$1` is an address. iptables of both kinds, then IPVS (kube-proxy gives its address to the link kube-ipvs0), then the
 * maps of kube-proxy's own nftables table. Each line says from where it is.
 */
const PROGRAM = [
  'for save in iptables-nft-save iptables-legacy-save; do',
  '  command -v "$save" >/dev/null && "$save" 2>/dev/null | grep -F -e "-d $1/32" | sed "s/^/iptables /"',
  'done',
  'ip -o -4 address show dev kube-ipvs0 to "$1" 2>/dev/null | sed "s/^/ipvs /"',
  'command -v nft >/dev/null && nft list table ip kube-proxy 2>/dev/null | grep -F -e "$1 . " | sed "s/^/nftables /"',
  'true',
].join('\n');

const WAYS = ['iptables', 'ipvs', 'nftables'] as const;

/** What kube-proxy's rules on the host that is asked say of an address, an IPv4 literal. */
export const serviceRules: Fact<{ readonly address: string }, ServiceRules> = {
  name: 'rules of kube-proxy',
  command: ({ address }) => ['sh', '-c', PROGRAM, 'service-rules', address],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `sh ended with exit code ${exit}`);
    const lines = stdout.split('\n').flatMap((text) => {
      const by = WAYS.find((way) => text.startsWith(`${way} `));
      return by === undefined ? [] : [{ by, line: text.slice(by.length).trim() }];
    });
    // Only kube-proxy's: a rule of somebody else may name the address, too.
    const own = lines.filter(({ by, line }) => by !== 'iptables' || /\bKUBE-/.test(line));
    const turns = ({ line }: { readonly line: string }) =>
      /-j (?:REJECT|DROP)\b|: (?:goto reject-chain|drop)\b/.test(line);
    return {
      by: own.find((each) => !turns(each))?.by,
      rejects: own.some(turns),
      lines: own.map(({ line }) => line),
    };
  },
};
