import { Command } from 'commander';
import { openBundle } from '../../bundle/open-bundle.ts';
import { verifyBundle } from '../../bundle/verify-bundle.ts';
import { UsageError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type BundleOptions, findNamedBundle } from '../named-bundle.ts';
import { type OutputFormat, parseDigest, parseOutput } from '../options.ts';
import { printParts } from '../render/bundle-text.ts';
import { writeJson } from '../render/json.ts';
import { bundleBuildCommand } from './bundle-build.ts';

interface ReadOptions extends BundleOptions {
  readonly output: OutputFormat;
}

/** `konvoy bundle …`: the folder with everything that konvoy installs. */
export function bundleCommand(context: CliContext): Command {
  const bundle = new Command('bundle').description(
    'the offline bundle: everything that konvoy installs, in one folder',
  );
  for (const make of [listCommand, verifyCommand, bundleBuildCommand]) bundle.addCommand(make(context));
  return bundle;
}

function readingCommand(name: string): Command {
  return new Command(name)
    .option('--bundle <dir>', 'the folder of the bundle (or KONVOY_BUNDLE)')
    .option('--bundle-digest <sha256:…>', 'refuse a bundle whose bundle.json has another digest', parseDigest)
    .option('--output <format>', 'text or json', parseOutput, 'text');
}

async function folderOf(context: CliContext, options: ReadOptions): Promise<string> {
  const folder = await findNamedBundle(context, options);
  if (folder === undefined) throw new UsageError('no bundle is named', { hint: 'use --bundle DIR or KONVOY_BUNDLE' });
  return folder;
}

function listCommand(context: CliContext): Command {
  return readingCommand('list')
    .description('print the parts of a bundle: name, version, size, sha256, licence, origin')
    .action(async (options: ReadOptions) => {
      const { folder, digest, parts } = await openBundle(await folderOf(context, options), options.bundleDigest);
      if (options.output === 'json') writeJson(context.stdout, { ok: true, folder, digest, parts });
      else context.stdout.write(printParts({ folder, digest, parts }));
      context.exitWith(EXIT.ok);
    });
}

function verifyCommand(context: CliContext): Command {
  return readingCommand('verify')
    .description('read every byte of a bundle; find what is changed, missing or not in its index')
    .action(async (options: ReadOptions) => {
      const folder = await folderOf(context, options);
      const { digest, problems, parts } = await verifyBundle(folder, options.bundleDigest);
      const ok = problems.length === 0;
      if (options.output === 'json') writeJson(context.stdout, { ok, folder, digest, parts, problems });
      else {
        const title = ok ? `${folder}: all ${parts} parts are as bundle.json has them` : `${folder} is damaged:`;
        context.stdout.write([title, ...problems.map((problem) => `  ${problem}`), digest, ''].join('\n'));
        if (ok && options.bundleDigest === undefined) context.stderr.write(NOT_VOUCHED);
      }
      context.exitWith(ok ? EXIT.ok : EXIT.verificationFailed);
    });
}

const NOT_VOUCHED =
  'note: this compares the bundle with its own index. Give --bundle-digest, from whoever built it, to know that the index is theirs.\n';
