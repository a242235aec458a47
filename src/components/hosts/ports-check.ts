import type { Check, Verdict } from '../../core/check.ts';
import { ask, type FactView } from '../../core/fact.ts';
import type { TopologyHost } from '../../core/topology.ts';
import { fileStat } from '../../facts/file-stat.ts';
import { listeningPorts } from '../../facts/listening-ports.ts';
import { type ListeningProgram, listeningPrograms } from '../../facts/listening-programs.ts';

/** Ports that Kubernetes will listen on, by role, where nothing else may. */
const PORTS = {
  'control-plane': [6443, 2379, 2380, 10250, 10257, 10259],
  worker: [10250],
} as const;

/** What listens on them, by the names of the programs; hyperkube is Kubernetes before 1.19. */
const KUBERNETES_PROGRAMS = [
  'kube-apiserver',
  'etcd',
  'kubelet',
  'kube-controller-manager',
  'kube-scheduler',
  'hyperkube',
] as const;

/** Characters of a program's name that the kernel keeps (TASK_COMM_LEN less one). */
const PROGRAM_NAME_LENGTH = 15;

/** One of them is there as soon as kubeadm has set up or joined a node (kubelet.conf), or a control plane (admin.conf). */
const KUBECONFIGS = ['/etc/kubernetes/kubelet.conf', '/etc/kubernetes/admin.conf'] as const;

const THERE_ALREADY: Verdict = { is: 'pass', summary: 'Kubernetes is there already' };

/** Whether it is Kubernetes itself that listens: then the port is where it should be, also half-way through a join. */
function isKubernetes({ program }: ListeningProgram): boolean {
  return program !== undefined && KUBERNETES_PROGRAMS.some((name) => name.slice(0, PROGRAM_NAME_LENGTH) === program);
}

/** Nobody else may listen where Kubernetes will. */
export function portsCheck({ address, role }: TopologyHost): Check {
  const listening = ask(listeningPorts, address, undefined);
  const programs = ask(listeningPrograms, address, undefined);
  const kubeconfigs = KUBECONFIGS.map((path) => ask(fileStat, address, { path }));
  const ports: readonly number[] = PORTS[role];
  const isTaken = (facts: FactView) => {
    const sockets = facts.get(listening);
    return sockets.ok && sockets.value.some(({ port }) => ports.includes(port));
  };
  return {
    id: `ports-free@${address}`,
    phase: 'preflight',
    title: `${address}: the ports of Kubernetes are free, or its own`,
    asks: [listening],
    asksMore: (facts) => (isTaken(facts) ? [programs, ...kubeconfigs] : []),
    judge(facts) {
      const sockets = facts.get(listening);
      if (!sockets.ok) return { is: 'unknown', why: sockets.why };
      if (!isTaken(facts)) return { is: 'pass' };
      const listeners = facts.get(programs);
      if (!listeners.ok) return { is: 'unknown', why: listeners.why };
      const strangers = listeners.value.filter((one) => ports.includes(one.port) && !isKubernetes(one));
      if (strangers.length === 0) return THERE_ALREADY;
      for (const question of kubeconfigs) {
        const file = facts.get(question);
        if (!file.ok) return { is: 'unknown', why: file.why };
        if (file.value !== undefined) return THERE_ALREADY;
      }
      const summary = ports
        .flatMap((port) => {
          const socket = strangers.find((each) => each.port === port);
          return socket === undefined ? [] : [`${socket.program ?? 'something'} listens on ${port}`];
        })
        .join(', ');
      const hint = `Kubernetes needs the port: \`ss -ltnp\` on ${address} says more about the program`;
      return { is: 'fail', summary, hint };
    },
  };
}
