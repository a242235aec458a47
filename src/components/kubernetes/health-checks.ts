import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { controlPlaneOf, type Role, type Topology, type TopologyHost } from '../../core/topology.ts';
import { type HealthEndpoint, healthEndpoints, type HealthyProgram, localHealth } from '../../facts/local-health.ts';
import type { KubernetesSection } from './section.ts';

/** Seconds that a program may take after a change until it is well: its image is there, its container starts. */
const PATIENCE = 60;

const EVERYWHERE = ['kubelet', 'kube-proxy'] as const;
const PROGRAMS: Readonly<Record<Role, readonly HealthyProgram[]>> = {
  'control-plane': ['kube-apiserver', 'etcd', 'kube-controller-manager', 'kube-scheduler', ...EVERYWHERE],
  worker: EVERYWHERE,
};

function healthCheck({ address }: TopologyHost, program: HealthyProgram, endpoint: HealthEndpoint): Check {
  const question = ask(localHealth, address, endpoint);
  return {
    id: `${program}-healthy@${address}`,
    phase: 'nodes',
    title: `${address}: ${program} is well`,
    asks: [question],
    patience: PATIENCE,
    judge(facts) {
      const answer = facts.get(question);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      // Somebody who wants to know who asks is alive.
      if ([200, 401, 403].includes(answer.value)) return { is: 'pass' };
      const where = `${endpoint.scheme}://127.0.0.1:${endpoint.port}${endpoint.path}`;
      const summary = answer.value === 0 ? `nobody answers at ${where}` : `${where} answers ${answer.value}`;
      const log = program === 'kubelet' ? '`journalctl -u kubelet`' : `/var/log/containers/${program}-*`;
      return { is: 'fail', summary, hint: `look at ${log} on ${address}` };
    },
  };
}

/** Whether each program of Kubernetes on each host of a role says that it is well. */
export function healthChecks(role: Role, section: KubernetesSection | undefined, topology: Topology): readonly Check[] {
  if (section === undefined) return [];
  const endpoints = healthEndpoints(controlPlaneOf(topology).port);
  return topology.hosts
    .filter((host) => host.role === role)
    .flatMap((host) => PROGRAMS[role].map((program) => healthCheck(host, program, endpoints[program])));
}
