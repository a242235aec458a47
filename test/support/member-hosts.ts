import type { ClusterMemberResource } from '../../src/core/resource.ts';
import { clusterMemberKind } from '../../src/kinds/cluster-member.ts';
import { judging } from '../../src/kinds/judgement.ts';
import type { Writers } from '../../src/kinds/kind.ts';
import { FakeConnections, FakeHost } from './fake-host.ts';
import { FakeKubernetes } from './fake-kubernetes.ts';
import { FakeSystemd } from './fake-systemd.ts';
import { judgeOnHosts } from './judge-on-hosts.ts';
import { settle, writersFor } from './settle.ts';

export const [FIRST, SECOND, WORKER] = ['10.0.50.11', '10.0.50.12', '10.0.50.21'] as const;
export const RECORD = '/var/lib/konvoy/cluster-member';
export const controlPlane = { hosts: [FIRST, SECOND], port: 6443 };

/** Hosts in memory, two control planes and a worker, with a cluster that they may become members of. */
export class MemberHosts {
  readonly hosts: readonly FakeHost[];
  readonly systemd: readonly FakeSystemd[];
  readonly kubernetes: FakeKubernetes;
  readonly writers: Writers;
  readonly #kind = judging(clusterMemberKind);

  constructor(addresses: readonly string[] = [FIRST, SECOND, WORKER]) {
    this.hosts = addresses.map((address) => new FakeHost(address));
    this.systemd = this.hosts.map((host) => new FakeSystemd(host));
    this.kubernetes = new FakeKubernetes(this.hosts, this.systemd);
    this.writers = writersFor(new FakeConnections(this.hosts));
  }

  at(address: string): FakeHost {
    const found = this.hosts.find((host) => host.address === address);
    if (found === undefined) throw new Error(`no host ${address}`);
    return found;
  }

  judge(wanted: ClusterMemberResource) {
    return judgeOnHosts(this.writers.hosts, this.#kind, wanted);
  }

  settle(wanted: ClusterMemberResource) {
    return settle(this.#kind, wanted, this.writers);
  }
}

/** A member that is wanted, and what differs of it. */
export function member(
  host: string,
  role: 'control-plane' | 'worker',
  more: Partial<ClusterMemberResource> = {},
): ClusterMemberResource {
  return {
    kind: 'cluster-member',
    host,
    address: `${host} cluster-member:${role}`,
    component: role === 'worker' ? 'workers' : 'control-plane',
    because: ['spec', 'kubernetes'],
    ensure: 'present',
    role,
    controlPlane,
    staying: [],
    endpoint: '10.0.50.20:6443',
    init: [{ kind: 'InitConfiguration' }, { kind: 'ClusterConfiguration' }],
    version: '1.36.3',
    upgrade: { kind: 'UpgradeConfiguration' },
    kubelet: {},
    join: { kind: 'JoinConfiguration', ...(role === 'worker' ? {} : { controlPlane: { localAPIEndpoint: {} } }) },
    ...more,
  };
}
