import type { AddonSection } from '../../core/addon.ts';
import type { HostAddress } from '../../core/address.ts';
import type { Check, Verdict } from '../../core/check.ts';
import { type Ask, ask } from '../../core/fact.ts';
import { ADDON_NAMESPACE } from '../../core/helm-release.ts';
import { textAt } from '../../core/json.ts';
import { controlPlaneOf, type Provider, type Topology } from '../../core/topology.ts';
import { askCluster, livingCluster } from '../../facts/cluster-state.ts';
import { type AnnotatedIngress, ingressAnnotations } from '../../facts/ingress-annotations.ts';
import { type ServiceAddress, serviceAddress } from '../../facts/service-address.ts';
import { formerAnnotations } from './former-annotations.ts';
import { traefikValues } from './values.ts';

/** The Service as Konvoy's users know it: the chart names it as the release. */
const SERVICE = `traefik-${ADDON_NAMESPACE}`;
/** Seconds that a load balancer may take to give an address. */
const PATIENCE = 30;

function judgeAddress({ ingress, said }: ServiceAddress, provider: Provider): Verdict {
  if (ingress !== '') return { is: 'pass', summary: ingress };
  const why = said === '' ? 'nobody says why' : said;
  const hint =
    provider === 'aws'
      ? `konvoy explain service ${ADDON_NAMESPACE}/${SERVICE} says what the cloud controller lacks`
      : 'MetalLB needs a pool with a free address';
  return { is: 'fail', summary: `it waits for one: ${why}`, hint };
}

function judgeAnnotations(ingresses: readonly AnnotatedIngress[]): Verdict {
  const former = formerAnnotations(ingresses);
  if (former.length === 0) return { is: 'pass' };
  const shown = former.slice(0, 20);
  const more = former.length > shown.length ? [`and ${former.length - shown.length} more`] : [];
  return { is: 'warn', summary: [...shown, ...more].join('\n  '), hint: 'Traefik 3 does not read these annotations' };
}

/** Whether requests from outside reach Traefik, and whether Ingresses say what it reads. */
export function checks(section: AddonSection | undefined, topology: Topology): readonly Check[] {
  if (section?.enabled !== true) return [];
  const controlPlane = controlPlaneOf(topology);
  const about = <T>(
    of: Pick<Check, 'id' | 'title' | 'patience'>,
    question: (host: HostAddress) => Ask<T>,
    judge: (value: T) => Verdict,
  ): Check => ({
    ...of,
    phase: 'addons',
    asks: askCluster(controlPlane),
    asksMore(facts) {
      const cluster = livingCluster(controlPlane, facts);
      return cluster === undefined ? [] : [question(cluster.at)];
    },
    judge(facts) {
      const cluster = livingCluster(controlPlane, facts);
      if (cluster === undefined) return { is: 'unknown', why: 'no API server of the cluster answers' };
      const answer = facts.get(question(cluster.at));
      return answer.ok ? judge(answer.value) : { is: 'unknown', why: answer.why };
    },
  });
  const { port } = controlPlane;
  const annotations = about(
    { id: 'ingress-annotations', title: 'Ingresses have no annotations of Traefik 1.x' },
    (host) => ask(ingressAnnotations, host, { address: host, port }),
    judgeAnnotations,
  );
  if (textAt(traefikValues(section.values, topology.provider), 'service', 'spec', 'type') !== 'LoadBalancer')
    return [annotations];
  const address = about(
    { id: 'traefik-address', title: 'Traefik has an address from outside', patience: PATIENCE },
    (host) => ask(serviceAddress, host, { address: host, port, namespace: ADDON_NAMESPACE, name: SERVICE }),
    (value) => judgeAddress(value, topology.provider),
  );
  return [address, annotations];
}
