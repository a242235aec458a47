import type { HostWriter } from '../../connections/host.ts';

/** Chains of iptables that only one mode has (pkg/proxy/iptables, pkg/proxy/ipvs). */
const CHAINS: Readonly<Record<string, string>> = {
  iptables: '(EXTERNAL-SERVICES|NODEPORTS|(SVC|SVL|SEP|FW|EXT)-[A-Z0-9]+)',
  ipvs: '(NODE-PORT|LOAD-BALANCER|SOURCE-RANGES-FIREWALL|IPVS-FILTER|IPVS-OUT-FILTER)',
};
/** Chains that both have. The kubelet's KUBE-FIREWALL, KUBE-KUBELET-CANARY and KUBE-IPTABLES-HINT are none of kube-proxy's. */
const SHARED_CHAINS = '(SERVICES|POSTROUTING|MARK-MASQ|FORWARD|PROXY-FIREWALL|PROXY-CANARY)';

/**
 * Turns what iptables-save prints into a transaction that removes chains which match `own`, and rules elsewhere that lead
 * there, by their full text. Prints nothing where there is none.
 */
export const TO_TRANSACTION = [
  '/^:/ { name = substr($1, 2); if (name ~ own) chains[++count] = name }',
  '/^-A / { target = ""; for (i = 3; i < NF; i++) if ($i == "-j" || $i == "-g") target = $(i + 1); if ($2 !~ own && target ~ own) jumps[++jumping] = "-D" substr($0, 3) }',
  'END { if (count == 0) exit; print "*" table; for (i = 1; i <= count; i++) print ":" chains[i] " - [0:0]"; for (i = 1; i <= jumping; i++) print jumps[i]; for (i = 1; i <= count; i++) print "-X " chains[i]; print "COMMIT" }',
].join('\n');

/**
 * `$1` matches the chains, `$2` is the program above. Reads and restores in one command; whoever writes at the same time
 * makes the transaction fail, and it is made anew.
 */
const REMOVE_CHAINS = [
  'transaction() { "$1-save" -t "$2" | awk -v own="$3" -v table="$2" "$4"; }',
  'for tables in iptables ip6tables; do command -v "$tables-save" >/dev/null || continue',
  'for table in filter nat mangle; do for try in 1 2 3; do text=$(transaction "$tables" "$table" "$1" "$2") || exit 1',
  '[ -n "$text" ] || break; printf "%s\\n" "$text" | "$tables-restore" --noflush --wait 5 || [ "$try" -lt 3 ] || exit 1; done; done; done',
].join('; ');

const REMOVE_TABLES =
  'command -v nft >/dev/null || exit 0; for family in ip ip6; do if nft list table "$family" kube-proxy >/dev/null 2>&1; then nft delete table "$family" kube-proxy || exit 1; fi; done';

/** Only what stands at addresses of kube-proxy's own link: others may use IPVS, too. Sets go behind the chains that use them. */
const REMOVE_IPVS = [
  'if ip link show dev kube-ipvs0 >/dev/null 2>&1; then',
  'if command -v ipvsadm >/dev/null; then for address in $(ip -o -4 address show dev kube-ipvs0 | awk \'{ sub("/.*", "", $4); print $4 }\'); do',
  'ipvsadm --save --numeric | awk -v at="$address:" \'$1 == "-A" && index($3, at) == 1 { print $2, $3 }\' | while read -r protocol server; do ipvsadm --delete-service "$protocol" "$server" || exit 1; done || exit 1; done; fi',
  'ip link delete dev kube-ipvs0 || exit 1; fi',
  'command -v ipset >/dev/null || exit 0; ipset list -name | grep "^KUBE-" | while read -r set; do ipset destroy "$set" || exit 1; done',
].join('\n');

/** The chains that go when one mode is left for another; undefined: none. */
export function leftChains(left: string, mode: string): RegExp | undefined {
  const own = CHAINS[left];
  if (own === undefined) return undefined;
  const parts = mode === 'nftables' ? `(${own}|${SHARED_CHAINS})` : own;
  return new RegExp(`^KUBE-${parts}$`);
}

/** Takes what a mode of kube-proxy has left behind off a host on which another mode is at work. */
export async function removeLeftRules(
  writer: HostWriter,
  { left, mode }: { readonly left: string; readonly mode: string },
): Promise<void> {
  const chains = leftChains(left, mode);
  if (chains !== undefined) await writer.run(['sh', '-c', REMOVE_CHAINS, 'sh', chains.source, TO_TRANSACTION]);
  if (left === 'ipvs') await writer.run(['sh', '-c', REMOVE_IPVS]);
  if (left === 'nftables') await writer.run(['sh', '-c', REMOVE_TABLES]);
}
