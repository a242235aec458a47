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
