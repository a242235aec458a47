import { kubernetesTag } from '../../../core/cloud-resource.ts';
import { broken, fine, type LinkFinding, type PathLink, skipped, unknown } from '../../../core/path-link.ts';
import type { AwsRoutes, AwsSubnet } from '../../../facts/aws-network.ts';
import { EXCLUDE_LABEL } from '../../../facts/cluster-state.ts';
import { judgeEndpoints, judgeServed } from '../../../facts/judge-service.ts';
import { DAEMON_SET } from '../objects.ts';
import { type CloudServiceCase, wishesOf } from './case.ts';

const LOGS = `\`kubectl --namespace=kube-system logs daemonset/${DAEMON_SET}\` says more`;
const NLB = 'annotate the service with service.beta.kubernetes.io/aws-load-balancer-type: nlb';

/** Whether the controller serves it at all. */
function judgeType(found: CloudServiceCase): LinkFinding {
  return judgeServed(found, found.story?.className ?? '', 'the cloud controller', (story) => {
    const { type, internal } = wishesOf(story);
    if (type === 'external' || type === 'nlb-ip') {
      return broken(`it asks for the type ${type}, which the cloud controller leaves to others`, NLB);
    }
    const scheme = internal ? 'internal' : 'internet-facing';
    return fine(type === 'nlb' ? `network load balancer, ${scheme}` : `classic load balancer, ${scheme}`);
  });
}

/** Whether the controller runs. */
function judgeController({ controller }: CloudServiceCase): LinkFinding {
  if (!controller.ok) return unknown(controller.why);
  const ready = controller.value.filter((pod) => pod.ready);
  if (ready.length > 0) return fine(ready.map(({ node }) => node).join(', '));
  if (controller.value.length === 0) {
    return broken('the cloud controller is not there', 'konvoy deploy container-networking makes it');
  }
  const evidence = controller.value.map(
    ({ node, waits, restarts }) => `${node}: ${waits === '' ? 'not ready' : waits}, ${restarts} restarts`,
  );
  return broken('no pod of the cloud controller is ready', LOGS, ...evidence);
}

function isPublic({ id, vpcId }: AwsSubnet, { publicSubnets, privateSubnets, publicVpcs }: AwsRoutes): boolean {
  return publicSubnets.has(id) || (!privateSubnets.has(id) && publicVpcs.has(vpcId));
}

/** Whether the controller finds subnets to put a load balancer into. */
function judgeSubnets({ story, subnets, routes, clusterName }: CloudServiceCase): LinkFinding {
  if (story === undefined) return skipped('there is no service');
  const wishes = wishesOf(story);
  if (wishes.subnets.length > 0) return fine(`${wishes.subnets.join(', ')}, which the service names`);
  if (!subnets.ok) return unknown(subnets.why);
  const tag = kubernetesTag(clusterName);
  const tagged = subnets.value ?? [];
  if (tagged.length === 0) {
    return broken(`no subnet has the tag ${tag}`, 'konvoy provision puts it on the subnets of spec.aws.elb.subnetIDs');
  }
  if (wishes.internal) return fine(tagged.map(({ id }) => id).join(', '));
  if (!routes.ok) return unknown(routes.why);
  const outside = tagged.filter((subnet) => isPublic(subnet, routes.value));
  if (outside.length > 0) return fine(outside.map(({ id }) => id).join(', '));
  return broken(
    `none of the subnets with the tag ${tag} leads to the Internet, and the service asks for an internet-facing load balancer`,
    'annotate the service with service.beta.kubernetes.io/aws-load-balancer-internal: "true", or tag public subnets',
    ...tagged.map(({ id, zone }) => `${id} in ${zone}: no route to an Internet gateway`),
  );
}

const REFUSED = ['SyncLoadBalancerFailed', 'UpdateLoadBalancerFailed'];

/** Whether it has a name; else what was said of it. */
function judgeName({ story }: CloudServiceCase): LinkFinding {
  if (story === undefined) return skipped('there is no service');
  if (story.hostnames.length > 0) return fine(story.hostnames.join(', '));
  const said = story.events.filter(({ reason }) => REFUSED.includes(reason)).at(-1);
  if (said === undefined) return broken('it waits for a name: nobody has said why', LOGS);
  return broken('it waits for a name: the cloud controller could not make its load balancer', LOGS, said.message);
}

/** Whether AWS has the load balancer, ready to take connections. */
function judgeBalancer({ story, balancer }: CloudServiceCase): LinkFinding {
  if (story === undefined || story.hostnames.length === 0) return skipped('it has no name');
  if (wishesOf(story).type !== 'nlb')
    return skipped('it is a classic one: konvoy asks only about network load balancers');
  if (!balancer.ok) return unknown(balancer.why);
  if (balancer.value === undefined) {
    return broken('AWS has no load balancer of this service', LOGS, `the service says ${story.hostnames.join(', ')}`);
  }
  const { state, dnsName } = balancer.value;
  if (!story.hostnames.includes(dnsName)) {
    return broken('the service has the name of another load balancer', LOGS, `that of AWS is ${dnsName}`);
  }
  if (state === 'active') return fine(dnsName);
  if (state === 'provisioning') return unknown('AWS is still making it, which takes a few minutes');
  return broken(`AWS says that it is ${state}`, 'look at it in the console of EC2, under load balancers', dnsName);
}

/** Whether there are nodes behind it that AWS finds healthy. */
function judgeTargets({ targets, nodes }: CloudServiceCase): LinkFinding {
  if (targets === undefined) return skipped('there is no load balancer that konvoy knows');
  if (!targets.ok) return unknown(targets.why);
  const nameOf = (id: string) => nodes.find(({ providerId }) => providerId.endsWith(`/${id}`))?.name ?? id;
  if (targets.value.length === 0) {
    const reasons = nodes.map((node) => {
      if (node.labels[EXCLUDE_LABEL] !== undefined) return `${node.name}: it has the label ${EXCLUDE_LABEL}`;
      if (node.providerId === '') return `${node.name}: it does not know its machine`;
      return `${node.name}: ${node.ready === 'True' ? 'nothing speaks against it' : 'it is not ready'}`;
    });
    return broken('no node is behind it', `a node must be ready and know its machine; ${LOGS}`, ...reasons);
  }
  const states = targets.value.map(({ address, port, state, reason }) => ({
    state,
    text: `${nameOf(address)}:${port} is ${state}${reason === '' ? '' : ` (${reason})`}`,
  }));
  const healthy = states.filter(({ state }) => state === 'healthy');
  if (healthy.length > 0)
    return fine(`${healthy.length} of ${states.length} healthy`, ...states.map(({ text }) => text));
  if (states.some(({ state }) => state === 'initial')) return unknown('AWS is still asking them for the first time');
  return broken(
    'AWS finds none of its nodes healthy',
    'NodePorts must be let in from the load balancer: look at the security groups of the nodes and at their firewall; with externalTrafficPolicy Local only nodes with a ready pod are healthy',
    ...states.map(({ text }) => text),
  );
}

/** The links of the chain, from the service to its nodes. */
const LINKS: readonly [string, string, (found: CloudServiceCase) => LinkFinding][] = [
  ['type', 'the cloud controller serves it', judgeType],
  ['controller', 'the cloud controller runs', judgeController],
  ['subnets', 'there are subnets for its load balancer', judgeSubnets],
  ['name', 'it has a name', judgeName],
  ['balancer', 'its load balancer is there', judgeBalancer],
  ['endpoints', 'pods are ready behind it', ({ story }) => judgeEndpoints(story)],
  ['targets', 'its load balancer finds nodes healthy', judgeTargets],
];

/** Every link of the chain with its verdict; the first that is broken is where to begin. Pure. */
export function explainCloudService(found: CloudServiceCase): readonly PathLink[] {
  const links = found.story === undefined ? LINKS.slice(0, 1) : LINKS;
  return links.map(([id, title, judge]) => ({ id, title, evidence: [], ...judge(found) }));
}
