import type { Cluster } from '../config/cluster.ts';
import { createObserver } from '../engine/observe.ts';
import type { CliContext } from './context.ts';
import type { CloudOptions } from './options.ts';
import type { Progress } from './render/progress.ts';

/** The cloud is one place: one question goes to it at a time. */
export const CLOUD_PARALLEL = 1;

/** A connection to the cloud of a cluster, without its hosts, and who asks it. Whoever opens it closes `hosts`. */
export async function openCloud(
  given: { context: CliContext; options: CloudOptions; progress: Progress },
  cluster: Cluster,
) {
  const { context, options, progress } = given;
  const [{ wayToAws }, { connectAws }, { NO_HOSTS, withCloud }] = await Promise.all([
    import('../config/aws-section.ts'),
    import('../connections/aws/connect-aws.ts'),
    import('../connections/cloud.ts'),
  ]);
  const { signal } = context;
  const way = wayToAws(cluster);
  const cloud = connectAws({
    region: options.region ?? way?.region ?? '',
    profile: options.profile,
    endpointUrl: options.endpointUrl,
    serviceUrls: way?.serviceUrls ?? {},
    signal,
  });
  const hosts = withCloud(NO_HOSTS, cloud);
  const { report } = progress;
  const now = () => context.now();
  return { cloud, hosts, observer: createObserver({ hosts, report, signal, maxParallel: CLOUD_PARALLEL, now }) };
}
