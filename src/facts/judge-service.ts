import { broken, fine, type LinkFinding, skipped } from '../core/path-link.ts';
import type { ServiceStory } from './service-story.ts';

/** Whether pods are ready to take what arrives. */
export function judgeEndpoints(story: ServiceStory | undefined): LinkFinding {
  if (story === undefined) return skipped('there is no service');
  const ready = story.endpoints.filter((endpoint) => endpoint.ready);
  if (ready.length > 0) {
    const nodes = new Set(ready.map(({ node }) => node));
    return fine(`${ready.length} ready, on ${nodes.size} ${nodes.size === 1 ? 'node' : 'nodes'}`);
  }
  const selector = story.selector.join(',');
  if (story.endpoints.length > 0) {
    return broken(
      `none of its ${story.endpoints.length} pods is ready; without one nothing is brought to it`,
      `\`kubectl get pods --selector=${selector}\` in its namespace, and describe one`,
      ...story.endpoints.slice(0, 5).map(({ address, node }) => `${address} on ${node}: not ready`),
    );
  }
  if (selector === '') return broken('it has no selector, and no EndpointSlice names pods', 'give it a selector');
  return broken(
    `no pod has the labels ${selector}`,
    'compare spec.selector of the service with the labels of its pods',
  );
}

/** A service that is to be reached from outside; without a story there is none of this name. */
interface AskedService {
  readonly namespace: string;
  readonly name: string;
  readonly story: ServiceStory | undefined;
}

/** Whether `server` serves a service of this class at all; `served` says what it then is. */
export function judgeServed(
  { story, namespace, name }: AskedService,
  className: string,
  server: string,
  served: (story: ServiceStory) => LinkFinding,
): LinkFinding {
  if (story === undefined) {
    return broken(
      `there is no service ${namespace}/${name}`,
      `\`kubectl --namespace=${namespace} get services\` lists those that are there`,
    );
  }
  if (story.type !== 'LoadBalancer') {
    return broken(
      `it is of type ${story.type}: it gets no address from outside`,
      'set spec.type of the service to LoadBalancer, or reach it through an Ingress',
    );
  }
  if (className === '') return served(story);
  return broken(
    `its loadBalancerClass is ${className}, which ${server} leaves to others`,
    'make the service anew without spec.loadBalancerClass; the field does not change',
  );
}
