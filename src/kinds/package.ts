import { ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import type { PackageResource } from '../core/resource.ts';
import { dnfVersionLocks } from '../facts/dnf-version-locks.ts';
import { dpkgPackage } from '../facts/dpkg-package.ts';
import { fileContent } from '../facts/file-content.ts';
import { osRelease } from '../facts/os-release.ts';
import { rpmPackage } from '../facts/rpm-package.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';
import { type AddedPackages, addedPath, parseAdded } from './package-memory.ts';
import { installPackages, writePackage } from './package-write.ts';

export interface PackageState {
  readonly family: 'debian' | 'redhat';
  /** Undefined: not installed. */
  readonly version: string | undefined;
  /** Where it is not cleanly installed: dpkg's word for it (`half-configured`, …). */
  readonly broken: string | undefined;
  /** Undefined where the host has no means to hold a package (dnf without its versionlock plugin). */
  readonly held: boolean | undefined;
  /** What konvoy added for it; undefined where konvoy did nothing. */
  readonly added: AddedPackages | undefined;
}

function questions({ host, name }: PackageResource) {
  return {
    os: ask(osRelease, host, {}),
    dpkg: ask(dpkgPackage, host, { name }),
    rpm: ask(rpmPackage, host, { name }),
    locks: ask(dnfVersionLocks, host, {}),
    added: ask(fileContent, host, { path: addedPath(name) }),
  };
}

function diffPresent({ version, broken, held }: PackageState): FieldChange[] {
  const hold: FieldChange[] = held === false ? [{ field: 'held', before: 'no', after: 'yes' }] : [];
  if (version === undefined) return [{ field: 'installed', before: 'no', after: 'yes' }, ...hold];
  if (broken !== undefined) return [{ field: 'installed', before: broken, after: 'yes' }, ...hold];
  return hold;
}

/** Packages of the host's distribution, installed and held. Only what konvoy added is ever removed. */
export const packageKind: Kind<PackageResource, PackageState> = {
  rollout: 'parallel',

  asks(wanted) {
    return Object.values(questions(wanted));
  },

  seen: (wanted, facts) =>
    seeing<PackageState>(facts, (get) => {
      const asked = questions(wanted);
      const [{ family, prettyName }, memory] = [get(asked.os), get(asked.added)];
      const added = memory === undefined ? undefined : parseAdded(memory);
      if (family === 'debian') {
        const listed = get(asked.dpkg);
        const found = listed?.status === 'config-files' ? undefined : listed;
        const broken = found === undefined || found.status === 'installed' ? undefined : found.status;
        const held = found?.held ?? false;
        return { is: 'present', state: { family, version: found?.version, broken, held, added } };
      }
      if (family === 'redhat') {
        const [found, locks] = [get(asked.rpm), get(asked.locks)];
        const held = locks?.some((line) => line.startsWith(`${wanted.name}-`));
        return { is: 'present', state: { family, version: found?.version, broken: undefined, held, added } };
      }
      return { is: 'unreadable', why: `konvoy knows no package manager of ${prettyName} (apt and dnf it knows)` };
    }),

  diff(wanted, seen) {
    if (seen.is !== 'present') return [];
    if (wanted.ensure === 'present') return diffPresent(seen.state);
    const { added, version } = seen.state;
    if (added === undefined) return [];
    const removed = version === undefined ? [] : added.packages;
    return removed.length === 0
      ? [{ field: 'held', before: 'yes', after: 'no' }]
      : [{ field: 'installed', before: removed.join(' '), after: 'no' }];
  },

  verb(wanted, seen) {
    if (wanted.ensure === 'absent') return 'delete';
    return seen.is === 'present' && seen.state.version !== undefined ? 'update' : 'create';
  },

  write: writePackage,
  writeTogether: installPackages,
};
