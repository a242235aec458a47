import { CLOUD } from '../core/address.ts';
import { CLUSTER_TAG, kubernetesTag } from '../core/cloud-resource.ts';
import { ask } from '../core/fact.ts';
import { awsBalancers, awsBalancerTags } from '../facts/aws-balancers.ts';
import type { CloudSession } from './cloud-session.ts';

/** As many load balancers as AWS tells the tags of in one answer. */
const TAGS_AT_ONCE = 20;

/** The tag by which the cloud controller notes whose a load balancer is (k8s.io/cloud-provider-aws, pkg/providers/v1/tags.go). */
const SERVICE_TAG = 'kubernetes.io/service-name';

/**
 * The load balancers that the cloud controller has made for Services of the cluster, each with its Service, as far as AWS says.
 * They go with their Services, and only while the controller runs.
 */
export async function serviceBalancers({ observer, topology }: CloudSession): Promise<readonly string[]> {
  const all = ask(awsBalancers, CLOUD, undefined);
  await observer.observe([all]);
  const answer = observer.facts.get(all);
  if (!answer.ok) return [];
  const questions = answer.value.map(({ arn, dnsName }) => ({ dnsName, tags: ask(awsBalancerTags, CLOUD, arn) }));
  for (let from = 0; from < questions.length; from += TAGS_AT_ONCE) {
    await observer.observe(questions.slice(from, from + TAGS_AT_ONCE).map(({ tags }) => tags));
  }
  return questions.flatMap(({ dnsName, tags }) => {
    const read = observer.facts.get(tags);
    if (!read.ok || read.value[kubernetesTag(topology.clusterName)] === undefined) return [];
    const { [SERVICE_TAG]: service, [CLUSTER_TAG]: own } = read.value;
    return service === undefined || own !== undefined ? [] : [`${dnsName} (of ${service})`];
  });
}
