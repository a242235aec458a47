import type { HostWriter } from '../../connections/host.ts';
import { CommandFailed } from '../../core/errors.ts';
import { forgetMember } from './member-record.ts';

/**
 * Takes everything of Kubernetes off a host: containers, mounts, configuration, etcd's data, the pods' network with what
 * Calico leaves (its programs, links, and routes: 80 is the protocol of Felix's). kubeadm
 * does its own part without asking the cluster (the credentials go first): who is a member of what is settled before, and
 * a cluster that is going away does not answer.
 */
const CLEAN = `set -u
rm -f /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf
if command -v kubeadm >/dev/null && systemctl is-active --quiet containerd; then
  kubeadm reset --force --cri-socket=unix:///run/containerd/containerd.sock --skip-phases=preflight,remove-etcd-member >/dev/null || exit 1
else
  systemctl stop kubelet 2>/dev/null
fi
systemctl disable --quiet kubelet 2>/dev/null
if [ -e /opt/cni/bin/calico ]; then
  for name in calico calico-ipam bandwidth portmap tuning host-local flannel loopback; do rm -f "/opt/cni/bin/$name"; done
fi
rm -f /etc/cni/net.d/10-calico.conflist /etc/cni/net.d/calico-kubeconfig
if [ "$1" = leaves ]; then rmdir --ignore-fail-on-non-empty /etc/cni/net.d /etc/cni 2>/dev/null; fi
if [ -d /var/run/calico ]; then ip route flush proto bird 2>/dev/null; fi
ip route flush proto 80 2>/dev/null
if mountpoint -q /run/calico/cgroup; then umount /run/calico/cgroup; fi
rm -rf /etc/kubernetes /var/lib/kubelet /var/lib/cni /var/lib/calico /var/run/calico /var/log/calico /var/run/nodeagent /run/konvoy/kubeadm.yaml /root/.kube/cache
if [ -d /var/lib/etcd ]; then find /var/lib/etcd -mindepth 1 -delete; rmdir --ignore-fail-on-non-empty /var/lib/etcd 2>/dev/null; fi
for name in cni0 flannel.1 vxlan.calico kube-ipvs0 nodelocaldns; do ip link delete "$name" 2>/dev/null; done
ip -o link show type veth | awk -F'[ @:]+' '$2 ~ /^cali/ { print $2 }' | while read -r name; do ip link delete "$name"; done
if [ -e /sys/class/net/tunl0 ]; then ip address flush dev tunl0; ip link set tunl0 down; fi 2>/dev/null
for tool in iptables ip6tables; do
  command -v $tool-save >/dev/null || continue
  $tool-save 2>/dev/null | awk '
    /^[*]/ { table = $0; chains = 0; next }
    /^:(KUBE-|cali-)/ { flush[++chains] = substr($1, 2); next }
    /^-A (KUBE-|cali-)/ { next }
    /^-A / && / -[jg] (KUBE-|cali-)| --comment "?cali:/ { sub(/^-A/, "-D"); jump[++jumps] = $0; next }
    /^COMMIT/ {
      if (chains + jumps > 0) {
        print table
        for (i = 1; i <= jumps; i++) print jump[i]
        for (i = 1; i <= chains; i++) print "-F " flush[i]
        for (i = 1; i <= chains; i++) print "-X " flush[i]
        print "COMMIT"
      }
      chains = 0; jumps = 0
    }' | $tool-restore --noflush --wait 10
done
if command -v nft >/dev/null; then
  for family in ip ip6; do nft delete table $family kube-proxy 2>/dev/null; done
fi
if command -v ipset >/dev/null; then
  ipset list -name 2>/dev/null | grep -E '^(KUBE-|cali)' | while read -r name; do ipset destroy "$name"; done
fi
exit 0
`;

/**
 * Cleans a host so that it can join again at once, or be something else. For one that stays, the folder of CNI's
 * configurations stays, too: a containerd that runs stops looking into it for ever when it has gone (go-cni's watch).
 */
export async function cleanHost(writer: HostWriter, then: 'leaves' | 'joins'): Promise<void> {
  // Containers may take their time to end.
  const output = await writer.run(['sh', '-c', CLEAN, 'sh', then], { expect: 'any', timeoutMs: 5 * 60_000 });
  if (output.exit !== 0) {
    throw new CommandFailed(
      writer.address,
      'kubeadm reset',
      output.exit,
      output.stderr,
      'run the same again; what is left is tried once more',
    );
  }
  await forgetMember(writer);
}
