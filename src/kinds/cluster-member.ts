import type { FieldChange, Observed } from '../core/plan.ts';
import { compareReleases, parseRelease } from '../core/release.ts';
import type { ClusterMemberResource } from '../core/resource.ts';
import {
  askMember,
  askRecord,
  KUBELET,
  MEMBER,
  type MemberState,
  readMember,
  UPGRADE,
  VERSION,
} from './cluster-member/member-state.ts';
import { writeMember } from './cluster-member/write-member.ts';
import { clusterChanges, settingsBefore } from './cluster-member/cluster-settings.ts';
import { compareSettings, kubeletChanges, wantedSettings } from './cluster-member/member-settings.ts';
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

const POD_EFFECT = 'its pods are ended and made again elsewhere, without what they keep in emptyDir volumes';
const UPGRADE_EFFECT = {
  'control-plane': `the programs of its control plane restart, and ${POD_EFFECT}`,
  worker: POD_EFFECT,
} as const;

function isMember(
  wanted: ClusterMemberResource,
  seen: Observed<MemberState | 'ours'>,
): seen is { is: 'present'; state: MemberState } {
  if (wanted.ensure === 'absent' || seen.is !== 'present' || seen.state === 'ours') return false;
  return standingOf(seen.state) === 'member';
}

/** One release where all its programs are of it, each of them with its own where an upgrade is half done. */
function printVersions(versions: MemberState['versions']): string {
  const [first, ...others] = new Set(versions.values());
  if (first !== undefined && others.length === 0) return first;
  return [...versions].map(([name, version]) => `${name} ${version}`).join(', ');
}

function diffRelease({ version }: ClusterMemberResource, { versions, isUpgrading }: MemberState): FieldChange[] {
  const after = `v${version}`;
  if ([...versions.values()].some((release) => release !== after)) {
    return [{ field: VERSION, before: printVersions(versions), after }];
  }
  return isUpgrading ? [{ field: UPGRADE, before: 'begun', after: 'done' }] : [];
}

/** What differs of the settings that a member was given when it became one; what joins is told by who speaks for the cluster. */
function diffSettings(wanted: ClusterMemberResource, state: MemberState): readonly FieldChange[] {
  const { cluster, clusterSettings, settings, record } = state;
  if (clusterSettings === undefined) return [];
  const after = wantedSettings(wanted);
  const recorded = record?.settings ?? settingsBefore(clusterSettings);
  const { certificate, apiServer, etcd, kubelet } = compareSettings(after, recorded, settings, wanted.role);
  const speaks = cluster.is === 'living' && cluster.at === wanted.host;
  return [
    ...certificate,
    ...apiServer,
    ...etcd,
    ...kubeletChanges('kubelet', kubelet),
    ...(speaks ? clusterChanges(after, recorded, clusterSettings) : []),
  ];
}

/** Pods that run would not be found again in another cgroup. */
const FIXED_KUBELET_FIELDS = ['cgroupDriver', 'cgroupRoot'];

function refuseFixedFields(wanted: ClusterMemberResource, state: MemberState): readonly string[] {
  const fixed = FIXED_KUBELET_FIELDS.map((name) => `kubelet ${name}`);
  return diffSettings(wanted, state)
    .filter(({ field }) => fixed.includes(field))
    .map(
      ({ field, before = 'nothing', after = 'nothing' }) =>
        `${field} is ${before} and cannot become ${after} while pods run there; write ${before} again, or change it by hand, with the ConfigMap kubelet-config, as kubernetes.io, "Configuring a cgroup driver", says`,
    );
}

/** What an upgrade that was killed has replaced already: nobody goes back from there. */
function refuseDowngrade({ host, version }: ClusterMemberResource, { versions }: MemberState): readonly string[] {
  const wanted = parseRelease(version);
  const newer = [...versions].filter(([, text]) => {
    const release = parseRelease(text);
    return wanted !== undefined && release !== undefined && compareReleases(release, wanted) > 0;
  });
  const [, newest = ''] = newer[0] ?? [];
  if (newer.length === 0) return [];
  const list = newer.map(([name, release]) => `${name} ${release}`).join(', ');
  return [
    `${host} has ${list} already, and Kubernetes does not go back to ${version}; write ${newest.replace(/^v/, '')} into spec.kubernetes.version`,
  ];
}

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
    if (wanted.ensure === 'absent') return seen.is === 'present' ? [{ field: MEMBER, before: role }] : [];
    if (seen.is !== 'present' || seen.state === 'ours') return [{ field: MEMBER, after: role }];
    const standing = standingOf(seen.state);
    if (standing !== 'member') {
      const founds = seen.state.cluster.is === 'none' && wanted.role === 'control-plane';
      const after = founds ? `${role} of a new cluster` : role;
      return [{ field: MEMBER, before: standing === 'half' ? 'half-way' : 'no', after }];
    }
    const upgrade = diffRelease(wanted, seen.state);
    if (upgrade.length > 0) return upgrade;
    const settings = diffSettings(wanted, seen.state);
    if (settings.length > 0) return settings;
    const { active, sub } = seen.state.kubelet;
    return active === 'active' ? [] : [{ field: KUBELET, before: `${active} (${sub})`, after: 'active' }];
  },
  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && seen.state !== 'ours' && standingOf(seen.state) !== 'clean' ? 'update' : 'create';
  },
  hazards(wanted, seen) {
    if (!isMember(wanted, seen) || diffRelease(wanted, seen.state).every(({ field }) => field !== VERSION)) return [];
    const message = `${UPGRADE_EFFECT[wanted.role]}; --upgrade agrees to it`;
    return [{ id: 'upgrades-kubernetes', address: wanted.address, message }];
  },
  refusals(wanted, seen) {
    if (isMember(wanted, seen)) {
      return [...refuseDowngrade(wanted, seen.state), ...refuseFixedFields(wanted, seen.state)];
    }
    if (seen.is !== 'present' || seen.state === 'ours' || standingOf(seen.state) !== 'foreign') return [];
    const what = seen.state.traces.join(', ');
    return [
      `${what} ${seen.state.traces.length === 1 ? 'is' : 'are'} left of another cluster; look whether anybody needs it, then take it away with \`kubeadm reset\` on ${wanted.host}, or with konvoy reset --limit ${wanted.host} where konvoy made it`,
    ];
  },
  touches: ({ controlPlane }) => controlPlane.hosts,
  write: writeMember,
};
