import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { controlPlaneOf, type Role, type Topology, type TopologyHost } from '../../core/topology.ts';
import { localHealth } from '../../facts/local-health.ts';
import type { KubernetesSection } from './section.ts';

/** Seconds that a program may take after a change until it is well: its image is there, its container starts. */
const PATIENCE = 60;

interface HealthPort {
  readonly program: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  readonly path: string;
}

/** Where the programs of a host say that they are well, by their own defaults. */
function portsOf(role: Role, apiPort: number): readonly HealthPort[] {
  const everywhere: readonly HealthPort[] = [
    { program: 'kubelet', scheme: 'http', port: 10248, path: '/healthz' },
    { program: 'kube-proxy', scheme: 'http', port: 10256, path: '/healthz' },
  ];
  if (role === 'worker') return everywhere;
  return [
    { program: 'kube-apiserver', scheme: 'https', port: apiPort, path: '/readyz' },
    { program: 'etcd', scheme: 'http', port: 2381, path: '/health' },
    { program: 'kube-controller-manager', scheme: 'https', port: 10257, path: '/healthz' },
    { program: 'kube-scheduler', scheme: 'https', port: 10259, path: '/healthz' },
    ...everywhere,
  ];
}

function healthCheck({ address }: TopologyHost, { program, ...endpoint }: HealthPort): Check {
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
  const { port } = controlPlaneOf(topology);
  return topology.hosts
    .filter((host) => host.role === role)
    .flatMap((host) => portsOf(role, port).map((each) => healthCheck(host, each)));
}
