import type { FieldChange, Observed } from '../core/plan.ts';
import type { ClusterMemberResource } from '../core/resource.ts';
import { askMember, askRecord, type MemberState, readMember } from './cluster-member/member-state.ts';
import { writeMember } from './cluster-member/write-member.ts';
import type { Kind } from './kind.ts';

/** How far a host is from being a member. */
type Standing = 'member' | 'clean' | 'half' | 'foreign';

function standingOf({ record, traces, cluster, isNode, sameCa }: MemberState): Standing {
  if (record?.state === 'begun') return 'half';
  if (cluster.is === 'living' && isNode && sameCa === true && traces.length > 0) return 'member';
  if (traces.length === 0) return 'clean';
  // Konvoy made it a member of this cluster, and somebody has deleted its node since.
  return record?.state === 'member' && cluster.is === 'living' && sameCa === true ? 'half' : 'foreign';
}

const ROLE_IN_WORDS = { 'control-plane': 'control plane', worker: 'worker' } as const;

/** Members of a Kubernetes cluster, made and unmade by kubeadm. */
export const clusterMemberKind: Kind<ClusterMemberResource, MemberState | 'ours'> = {
  rollout: 'parallel',
  // A cluster that goes need not answer.
  asks: (wanted) => (wanted.ensure === 'absent' ? [askRecord(wanted)] : askMember(wanted)),
  seen(wanted, facts): Observed<MemberState | 'ours'> {
    if (wanted.ensure === 'absent') {
      // What others made stays when members are taken away.
      const record = facts.get(askRecord(wanted));
      if (!record.ok) return { is: 'unreadable', why: record.why };
      return record.value === undefined ? { is: 'absent' } : { is: 'present', state: 'ours' };
    }
    const read = readMember(wanted, facts);
    const isBare = read.is === 'present' && read.state.record === undefined && read.state.traces.length === 0;
    return isBare ? { is: 'absent' } : read;
  },
  diff(wanted, seen): readonly FieldChange[] {
    const role = ROLE_IN_WORDS[wanted.role];
    if (wanted.ensure === 'absent') return seen.is === 'present' ? [{ field: 'member', before: role }] : [];
    if (seen.is !== 'present' || seen.state === 'ours') return [{ field: 'member', after: role }];
    const standing = standingOf(seen.state);
    if (standing !== 'member') {
      const founds = seen.state.cluster.is === 'none' && wanted.role === 'control-plane';
      const after = founds ? `${role} of a new cluster` : role;
      return [{ field: 'member', before: standing === 'half' ? 'half-way' : 'no', after }];
    }
    const { active, sub } = seen.state.kubelet;
    return active === 'active' ? [] : [{ field: 'kubelet', before: `${active} (${sub})`, after: 'active' }];
  },
  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && seen.state !== 'ours' && standingOf(seen.state) !== 'clean' ? 'update' : 'create';
  },
  refusals(wanted, seen) {
    if (seen.is !== 'present' || seen.state === 'ours' || standingOf(seen.state) !== 'foreign') return [];
    const what = seen.state.traces.join(', ');
    return [
      `${what} ${seen.state.traces.length === 1 ? 'is' : 'are'} left of another cluster; look whether anybody needs it, then take it away with \`kubeadm reset\` on ${wanted.host}, or with konvoy reset --limit ${wanted.host} where konvoy made it`,
    ];
  },
  touches: ({ controlPlane }) => controlPlane.hosts,
  write: writeMember,
};
