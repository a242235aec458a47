import { CLOUD } from '../../core/address.ts';
import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { awsTargetGroup, awsTargets } from '../../facts/aws-balancers.ts';
import { balancerName } from './names.ts';
import type { AwsSection } from './section.ts';

/** Seconds from an API server that answers until AWS has noticed: two health checks, and what AWS takes to begin with them. */
const NOTICED_AFTER = 90;

/** Whether the load balancer sends the API's clients to every control-plane host. */
export function targetChecks(section: AwsSection | undefined, topology: Topology): readonly Check[] {
  if (section === undefined) return [];
  const { hosts } = controlPlaneOf(topology);
  const group = ask(awsTargetGroup, CLOUD, balancerName(topology.clusterName));
  return [
    {
      id: 'aws-targets',
      phase: 'kubernetes',
      title: 'the load balancer of the API finds every control-plane host healthy',
      asks: [group],
      about: hosts,
      patience: NOTICED_AFTER,
      asksMore(facts) {
        const found = facts.get(group);
        return found.ok && found.value !== undefined ? [ask(awsTargets, CLOUD, found.value.arn)] : [];
      },
      judge(facts) {
        const found = facts.get(group);
        if (!found.ok) return { is: 'unknown', why: found.why };
        if (found.value === undefined) {
          return { is: 'fail', summary: 'it is not there', hint: 'konvoy provision makes it' };
        }
        const targets = facts.get(ask(awsTargets, CLOUD, found.value.arn));
        if (!targets.ok) return { is: 'unknown', why: targets.why };
        const seen = new Map(targets.value.map((target) => [target.address, target]));
        const missing = hosts.filter((host) => !seen.has(host));
        if (missing.length > 0) {
          const hint = 'konvoy provision registers them';
          return {
            is: 'fail',
            summary: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not registered`,
            hint,
          };
        }
        const ill = hosts.flatMap((host) => {
          const target = seen.get(host);
          if (target === undefined || target.state === 'healthy') return [];
          return [`${host} is ${target.state}${target.reason === '' ? '' : ` (${target.reason})`}`];
        });
        if (ill.length === 0) return { is: 'pass', summary: `${hosts.length} of ${hosts.length}` };
        const hint = 'look at the API server there, and at the security groups: konvoy provision --plan-only';
        return { is: 'fail', summary: ill.join(', '), hint };
      },
    },
  ];
}
