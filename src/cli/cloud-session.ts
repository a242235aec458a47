import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsSection } from '../components/aws-nlb/section.ts';
import { CLOUD } from '../core/address.ts';
import { ConfigInvalid, UsageError } from '../core/errors.ts';
import { type BoundComponent, bindComponent } from '../engine/bound-component.ts';
import { makePlan } from '../engine/plan.ts';
import { seededRandom } from '../engine/seeded-random.ts';
import { type ClusterSession, noteWarnings } from './cluster-session.ts';
import type { CliContext } from './context.ts';
import { CLOUD_PARALLEL, openCloud } from './open-cloud.ts';
import type { CloudOptions } from './options.ts';
import { type JudgedFiles, readConfig } from './read-config.ts';
import type { Progress } from './render/progress.ts';

/** Milliseconds between looks: what AWS has agreed to is not always in its next answer (EC2 is eventually consistent). */
const SEEN_AFTER = [1000, 2000, 4000];

/** One command's view of what a cluster has in the cloud. Its hosts take no part. */
export interface CloudSession extends ClusterSession {
  readonly files: JudgedFiles;
  readonly section: AwsSection;
  /** The component of the cloud with everything wanted, or with nothing. */
  readonly wanted: readonly BoundComponent[];
  readonly removal: readonly BoundComponent[];
}

/**
 * Opens a session, runs `use`, and closes the connection whatever happens. `inventoryText` stands in place of the inventory's
 * file, where it is given.
 */
export async function withCloudSession<T>(
  given: { context: CliContext; options: CloudOptions; progress: Progress; inventoryText?: string | undefined },
  use: (session: CloudSession) => Promise<T>,
): Promise<T> {
  const { context, options, progress, inventoryText } = given;
  const { signal } = context;
  const files = await readConfig(context, options, { inventoryIsOptional: false, inventoryText });
  const { topology, sections, diagnostics, documents, cluster } = files;
  if (topology === undefined || cluster === undefined) throw new ConfigInvalid(diagnostics, documents);
  noteWarnings(files, options, progress);
  const section = sections?.['aws-nlb'];
  if (section === undefined) {
    throw new UsageError(`the provider of this cluster is ${topology.provider}: there is nothing of it in a cloud`, {
      hint: 'a ClusterProvisioner with provider: aws in cluster.yaml says otherwise',
    });
  }
  const [{ awsNlb }, { kinds }] = await Promise.all([
    import('../components/aws-nlb/index.ts'),
    import('../kinds/index.ts'),
  ]);
  const { cloud, hosts, observer } = await openCloud(given, cluster);
  const limit = new Set([CLOUD]);
  try {
    const wanted = [bindComponent(awsNlb, section, topology)];
    const removal = [bindComponent(awsNlb, { ...section, ensure: 'absent' as const }, topology)];
    const plan: ClusterSession['plan'] = (components, seed) =>
      makePlan({ components, topology, kinds, observer, random: seededRandom(seed), limit });
    return await use({
      cluster: {
        topology,
        ssh: [],
        diagnostics,
        ignoredPreflights: [],
        components: wanted,
        removal: () => removal,
      },
      files,
      section,
      wanted,
      removal,
      topology,
      hosts,
      cloud,
      observer,
      kinds,
      maxParallel: CLOUD_PARALLEL,
      limit,
      plan,
      async planAgain(components, seed, isSettled = ({ changes }) => changes.length === 0) {
        let planned = await plan(components, seed);
        for (const milliseconds of SEEN_AFTER) {
          if (isSettled(planned.plan) || signal.aborted) break;
          await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
          observer.forget(CLOUD);
          planned = await plan(components, seed);
        }
        return planned;
      },
    });
  } finally {
    await hosts.close();
  }
}
