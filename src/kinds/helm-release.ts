import { chartPartName } from '../core/helm-release.ts';
import type { FieldChange, Hazard } from '../core/plan.ts';
import type { HelmReleaseResource } from '../core/resource.ts';
import { hideSecretValues } from '../core/hide-secret-values.ts';
import { stringify } from 'yaml';
import type { LiveRelease } from '../facts/helm-release.ts';
import {
  askDoubtful,
  askObjects,
  askRelease,
  askUsers,
  diffDrift,
  diffRelease,
  isOurs,
  readObjects,
  saysTheSame,
  type ReleaseObject,
} from './helm-release/release-state.ts';
import { diffComing } from './helm-release/coming-objects.ts';
import { isDriftAlone } from './helm-release/object-field.ts';
import { writeRelease } from './helm-release/write-release.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';

interface ReleaseState {
  readonly live: LiveRelease;
  readonly objects: readonly ReleaseObject[];
  /** What becomes of the objects where the release changes. */
  readonly coming: readonly FieldChange[];
  /** What would lose by its end; asked only where it is to end. */
  readonly users: readonly string[];
}

function removalHazard(wanted: HelmReleaseResource, users: readonly string[]): readonly Hazard[] {
  if (users.length === 0) return [];
  const some = users.slice(0, 5).join(', ');
  const more = users.length > 5 ? ` and ${users.length - 5} more` : '';
  const what = wanted.serves === 'ingresses' ? 'Ingresses' : 'services of type LoadBalancer';
  return [
    {
      id: 'removes-used-addon',
      address: wanted.address,
      message: `${what} use ${wanted.release} and lose their way in: ${some}${more}`,
    },
  ];
}

function adoptionHazard(wanted: HelmReleaseResource): readonly Hazard[] {
  return [
    {
      id: 'adopts-foreign-release',
      address: wanted.address,
      message: `the release ${wanted.release} in ${wanted.namespace} is not konvoy’s: it would get konvoy’s chart and values`,
    },
  ];
}

/**
 * A release of a chart, made with Helm on a control-plane host. What differs is asked of Helm (chart, values, an upgrade
 * that did not end), and of the API server for each object of it: where the release is as wanted, what others have changed,
 * else what the chart would make.
 */
export const helmReleaseKind: Kind<HelmReleaseResource, ReleaseState> = {
  rollout: 'parallel',
  asks: (wanted) => [askRelease(wanted)],
  asksMore(wanted, facts) {
    if (wanted.ensure === 'present') return askObjects(wanted, facts);
    const live = facts.get(askRelease(wanted));
    return live.ok && live.value !== undefined ? [askUsers(wanted, live.value)] : [];
  },
  asksAtLast: (wanted, facts) => (wanted.ensure === 'present' ? askDoubtful(wanted, facts) : []),
  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const live = get(askRelease(wanted));
      if (live === undefined) return { is: 'absent' };
      const staying = wanted.ensure === 'present';
      const objects = staying ? readObjects(wanted, live, get) : [];
      const coming = staying && !saysTheSame(wanted, live) ? diffComing(wanted, live, facts) : [];
      return { is: 'present', state: { live, objects, coming, users: staying ? [] : get(askUsers(wanted, live)) } };
    }),
  diff(wanted, seen) {
    const { chart, values } = wanted;
    if (seen.is !== 'present') {
      if (wanted.ensure === 'absent') return [];
      const after = stringify(hideSecretValues(values), { lineWidth: 0 });
      return [
        { field: 'chart', after: `${chart.name} ${chart.version}` },
        { field: 'values', after },
      ];
    }
    const { live, objects, coming } = seen.state;
    if (wanted.ensure === 'present') return [...diffRelease(wanted, live), ...diffDrift(objects), ...coming];
    if (!isOurs(live)) return [];
    const { content } = live;
    return [{ field: 'chart', before: content === undefined ? chart.name : `${content.chart} ${content.version}` }];
  },
  hazards(wanted, seen) {
    if (seen.is !== 'present') return [];
    const { live, users } = seen.state;
    if (wanted.ensure === 'absent') return removalHazard(wanted, users);
    return isOurs(live) ? [] : adoptionHazard(wanted);
  },
  needs: ({ resource, fields }) =>
    resource.ensure === 'absent' || isDriftAlone(fields)
      ? []
      : [{ name: chartPartName(resource.chart.name), version: resource.chart.version }],
  write: writeRelease,
};
