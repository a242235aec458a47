import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ensureBuiltParts } from '../../bundle/built-parts.ts';
import { openBundle } from '../../bundle/open-bundle.ts';
import { KUBERNETES_RELEASES, type KubernetesRelease } from '../../bundle/pinned-parts.ts';
import { writeBundle } from '../../bundle/write-bundle.ts';
import { UsageError } from '../../core/errors.ts';
import { Interrupted } from '../../engine/interrupted.ts';
import { findDebianSource } from '../../lab/debian-mirror.ts';
import { cacheFolder } from '../../lab/lab-paths.ts';
import { readRecipe, recipeFolder } from '../../lab/recipe.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { parseNumber, timed } from './lab-options.ts';

interface BuildOptions {
  readonly fromPackages?: true;
  readonly dir?: string;
  readonly jobs: number;
  readonly kubernetesVersion: KubernetesRelease;
}

function parseRelease(text: string): KubernetesRelease {
  const release = KUBERNETES_RELEASES.find((known) => known === text);
  if (release === undefined) throw new InvalidArgumentError(`the releases are ${KUBERNETES_RELEASES.join(', ')}.`);
  return release;
}

/** `konvoy bundle build`: from Go modules and Debian packages, without a container engine. */
export function bundleBuildCommand(context: CliContext): Command {
  return new Command('build')
    .description('build Kubernetes and its images into the cache, and a bundle from them')
    .option('--from-packages', 'from Go modules and Debian packages (the only way there is)')
    .option('--dir <folder>', 'write a bundle there, with packages for a bare Debian; without it, only fill the cache')
    .option(
      '--kubernetes-version <release>',
      `one of ${KUBERNETES_RELEASES.join(', ')}`,
      parseRelease,
      KUBERNETES_RELEASES[0],
    )
    .option('--jobs <number>', 'Go modules that are built at once', parseNumber(1, 16), 2)
    .action(async (options: BuildOptions) => {
      if (options.fromPackages === undefined) {
        throw new UsageError('bundle build wants --from-packages', {
          hint: 'it builds from Go modules and Debian packages',
        });
      }
      try {
        await build(context, options);
      } catch (error) {
        if (context.signal.aborted)
          throw new Interrupted('interrupted: what was built is kept, and the next run goes on');
        throw error;
      }
      context.exitWith(EXIT.ok);
    });
}

async function build(context: CliContext, options: BuildOptions): Promise<void> {
  const say = timed(context);
  const cache = resolve(context.cwd, cacheFolder(context.env));
  const source = await findDebianSource();
  const release = options.kubernetesVersion;
  const settings = { jobs: options.jobs, say, signal: context.signal };
  const built = await ensureBuiltParts({ release, cache, recipes: recipeFolder(), source }, settings);
  say('everything is in the cache');
  if (options.dir !== undefined) {
    const { bundlePackages } = await readRecipe();
    const folder = resolve(context.cwd, options.dir);
    await writeBundle(folder, built, { packages: bundlePackages, source, say, signal: context.signal });
    const { digest, parts } = await openBundle(folder);
    context.stdout.write(`The bundle ${options.dir} has ${parts.length} parts; --bundle-digest ${digest}\n`);
  }
}
