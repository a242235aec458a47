import { CLOUD } from '../../../core/address.ts';
import { kubernetesTag } from '../../../core/cloud-resource.ts';
import { type Ask, ask, type FactView } from '../../../core/fact.ts';
import { awsBalancer, awsTargetGroupsOf, awsTargets } from '../../../facts/aws-balancers.ts';
import { awsRoutes, awsSubnets } from '../../../facts/aws-network.ts';
import type { ClusterNode } from '../../../facts/cluster-state.ts';
import { daemonPods } from '../../../facts/daemon-pods.ts';
import type { ApiAddress } from '../../../facts/kubectl-question.ts';
import { serviceStory } from '../../../facts/service-story.ts';
import { DAEMON_SET } from '../objects.ts';
import { balancerNameOf, type CloudServiceCase } from './case.ts';

export interface CloudServiceQuestion {
  readonly api: ApiAddress;
  readonly namespace: string;
  readonly name: string;
  readonly clusterName: string;
  readonly nodes: readonly ClusterNode[];
}

function questionsFor({ api, namespace, name, clusterName }: CloudServiceQuestion) {
  const { address } = api;
  return {
    story: ask(serviceStory, address, { ...api, namespace, name }),
    controller: ask(daemonPods, address, { ...api, app: DAEMON_SET }),
    subnets: ask(awsSubnets, CLOUD, { tag: kubernetesTag(clusterName) }),
    routes: ask(awsRoutes, CLOUD, undefined),
  };
}

function askBalancer(question: CloudServiceQuestion, facts: FactView) {
  const story = facts.get(questionsFor(question).story);
  return ask(awsBalancer, CLOUD, balancerNameOf({ uid: story.ok ? (story.value?.uid ?? '') : '' }));
}

function askGroups(question: CloudServiceQuestion, facts: FactView) {
  const balancer = facts.get(askBalancer(question, facts));
  return balancer.ok && balancer.value !== undefined ? ask(awsTargetGroupsOf, CLOUD, balancer.value.arn) : undefined;
}

function askTargets(question: CloudServiceQuestion, facts: FactView) {
  const groups = askGroups(question, facts);
  const answer = groups === undefined ? undefined : facts.get(groups);
  return answer?.ok === true ? answer.value.map(({ arn }) => ask(awsTargets, CLOUD, arn)) : [];
}

/** What to ask, round by round: each round follows from the answers of those before. */
export const CLOUD_ROUNDS: readonly ((question: CloudServiceQuestion, facts: FactView) => readonly Ask[])[] = [
  (question) => Object.values(questionsFor(question)),
  (question, facts) => [askBalancer(question, facts)],
  (question, facts) => [askGroups(question, facts)].filter((each) => each !== undefined),
  askTargets,
];

/** What is known once all rounds are answered. A cluster that cannot be asked is told as a text. */
export function readCloudService(question: CloudServiceQuestion, facts: FactView): CloudServiceCase | string {
  const asked = questionsFor(question);
  const story = facts.get(asked.story);
  if (!story.ok) return story.why;
  const { namespace, name, clusterName, nodes } = question;
  const groups = askGroups(question, facts);
  const silent = groups && facts.get(groups);
  const targets = askTargets(question, facts).map((each) => facts.get(each));
  const unread = targets.find((answer) => !answer.ok);
  const all = targets.flatMap((answer) => (answer.ok ? answer.value : []));
  return {
    namespace,
    name,
    clusterName,
    nodes,
    story: story.value,
    controller: facts.get(asked.controller),
    subnets: facts.get(asked.subnets),
    routes: facts.get(asked.routes),
    balancer: facts.get(askBalancer(question, facts)),
    targets: silent === undefined ? undefined : !silent.ok ? silent : (unread ?? { ok: true, value: all }),
  };
}
