import { type Fact, FactUnreadable } from '../core/fact.ts';

/** The file with the name servers that a host's kubelet gives to pods that want the host's own. */
export interface PodResolvConf {
  readonly path: string;
  /** In their order. */
  readonly nameServers: readonly string[];
}

const KUBELET_CONFIG = '/var/lib/kubelet/config.yaml';

/** kubeadm names another file where systemd-resolved runs: `/etc/resolv.conf` has the address of its stub there. */
const PROGRAM = [
  `path=$(sed -n 's/^resolvConf: *//p' ${KUBELET_CONFIG} 2>/dev/null | tr -d "\\"'")`,
  '[ -n "$path" ] || path=/etc/resolv.conf',
  'printf "%s\\n" "$path"',
  'exec cat -- "$path"',
].join('; ');

/** The name servers that pods of a host get with dnsPolicy `Default`. */
export const podResolvConf: Fact<undefined, PodResolvConf> = {
  name: 'the name servers of the host',
  command: () => ['sh', '-c', PROGRAM],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `it ended with exit code ${exit}`);
    const [path = '', ...lines] = stdout.split('\n');
    const nameServers = lines.flatMap((line) => /^nameserver[ \t]+(\S+)/.exec(line)?.[1] ?? []);
    return { path, nameServers };
  },
};
