import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Topology } from '../../core/topology.ts';
import type { FirewallSection } from './schema.ts';

/** One line about what the documented rules open to every source, because a reader of the word "firewall" expects less. */
export function remarks(section: FirewallSection | undefined, _topology: Topology): readonly Diagnostic[] {
  if (!section?.addDefaultRules) return [];
  const derived = section.addDerivedRules ? ', and SSH and UDP 30000-32767 with the derived rules' : '';
  return [
    {
      code: 'firewall-opens-ports',
      severity: 'info',
      message:
        'addDefaultRules opens to every source: kube-apiserver 6443, etcd 2379 and 2380, kubelet 10250 and 10248, ' +
        'kube-proxy 10249 and 10256, controller-manager 10257 and 10252, scheduler 10259 and 10251, Calico 9091, 9092, 9099 ' +
        `and 179, Typha 5473 and 9093, NodePorts 30000-32767 and ping${derived}`,
      hint: 'keep strangers out before the hosts, or with rules of your own in front of konvoy’s: they are never overtaken',
    },
  ];
}
