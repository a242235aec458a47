import type { Check, Verdict } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { ADDON_NAMESPACE } from '../../core/helm-release.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { type AddonWorkload, addonWorkloads } from '../../facts/addon-workloads.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import type { AddonsSection } from './section.ts';

/** Seconds that pods of an addon may take to be ready. */
const PATIENCE = 60;

function versionOf({ image }: AddonWorkload): string {
  return image.split(':').at(-1) ?? image;
}

function judgeWorkloads(name: string, workloads: readonly AddonWorkload[]): Verdict {
  const hint = `look at \`kubectl --namespace=${ADDON_NAMESPACE} get pods -o wide\``;
  const [first] = workloads;
  if (first === undefined) return { is: 'fail', summary: `nothing of ${name} is there`, hint: 'konvoy up makes it' };
  const counts = workloads.map((each) => `${each.name} ${each.ready}/${each.wanted}`).join(', ');
  const lacking = workloads.some(({ ready, wanted }) => ready < wanted);
  if (lacking) return { is: 'fail', summary: `not every pod is ready: ${counts}`, hint };
  return { is: 'pass', summary: `${versionOf(first)}: ${counts}` };
}

/** Whether each addon that is enabled runs. */
export function checks(section: AddonsSection | undefined, topology: Topology): readonly Check[] {
  const controlPlane = controlPlaneOf(topology);
  return (section?.enabled ?? []).map((name): Check => {
    const question = (host: string) => ask(addonWorkloads, host, { address: host, port: controlPlane.port, name });
    return {
      id: `addon-${name}`,
      phase: 'addons',
      title: name,
      asks: askCluster(controlPlane),
      patience: PATIENCE,
      asksMore(facts) {
        const cluster = livingCluster(controlPlane, facts);
        return cluster === undefined ? [] : [question(cluster.at)];
      },
      judge(facts) {
        const cluster = livingCluster(controlPlane, facts);
        if (cluster === undefined) return { is: 'unknown', why: 'no API server of the cluster answers' };
        const answer = facts.get(question(cluster.at));
        return answer.ok ? judgeWorkloads(name, answer.value) : { is: 'unknown', why: answer.why };
      },
    };
  });
}
