import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { hasErrors } from '../../core/diagnostic.ts';
import { ConfigInvalid, KonvoyError, UsageError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type ClusterOptions, addClusterOptions } from '../options.ts';
import { writeJson } from '../render/json.ts';

interface ApplyOptions extends ClusterOptions {
  readonly forceOverwrite?: true;
}

/** `konvoy apply kubeconfig`: the cluster becomes one that kubectl knows. */
export function applyCommand(context: CliContext): Command {
  const kubeconfig = new Command('kubeconfig')
    .description('put admin.conf into ~/.kube/config, or the first file of KUBECONFIG, and make it the current context')
    .option('--force-overwrite', 'also where the file has other things under the same names');
  return new Command('apply')
    .description('make this machine use the cluster')
    .addCommand(addClusterOptions(kubeconfig).action((options: ApplyOptions) => applyKubeconfig(context, options)));
}

async function applyKubeconfig(context: CliContext, options: ApplyOptions): Promise<void> {
  const [{ ADMIN_CONF, readAdminConf }, { Kubeconfig }, { mergeKubeconfig }, files] = await Promise.all([
    import('../admin-conf.ts'),
    import('../kubeconfig.ts'),
    import('../merge-kubeconfig.ts'),
    import('../private-file.ts'),
  ]);
  const name = await clusterName(context, options);
  const source = join(dirname(resolve(context.cwd, options.config)), ADMIN_CONF);
  const target = kubeconfigPath(context);
  if (source === target) {
    throw new UsageError(`KUBECONFIG names ${source} itself: kubectl uses it already`, { hint: 'unset KUBECONFIG' });
  }
  const admin = await files.readPrivateFile(source);
  if (admin === undefined) {
    throw new KonvoyError(`there is no ${source}`, { hint: 'konvoy deploy kubernetes fetches it from the cluster' });
  }
  const before = await files.readPrivateFile(target);
  const { text, conflicts } = mergeKubeconfig(
    new Kubeconfig(target, before?.text ?? ''),
    readAdminConf(source, admin.text),
    { name, force: options.forceOverwrite ?? false },
  );
  if (conflicts.length > 0) throw inTheWay(target, conflicts);
  let backup: string | undefined;
  if (text !== undefined) {
    if (before !== undefined) backup = await files.keepBackup(target, new Secret(before.text), context.now());
    await files.writePrivateFile(target, new Secret(text));
  }
  if (options.output === 'json') {
    writeJson(context.stdout, { ok: true, kubeconfig: target, context: name, changed: text !== undefined, backup });
  } else context.stdout.write(report(target, name, { changed: text !== undefined, backup }));
  context.exitWith(EXIT.ok);
}

function report(target: string, name: string, done: { changed: boolean; backup: string | undefined }): string {
  if (!done.changed) return `${target} has ${name} as its current context already.\n`;
  const kept = done.backup === undefined ? '' : `What it was before is in ${done.backup}.\n`;
  return `${target}: ${name} is the current context now.\n${kept}`;
}

/** The first file that kubectl would look into. */
function kubeconfigPath({ env, cwd }: CliContext): string {
  const named = (env.KUBECONFIG ?? '').split(delimiter).find((path) => path !== '');
  return named === undefined ? join(env.HOME ?? homedir(), '.kube', 'config') : resolve(cwd, named);
}

async function clusterName(context: CliContext, options: ApplyOptions): Promise<string> {
  const { readConfig } = await import('../read-config.ts');
  const { cluster, diagnostics, documents } = await readConfig(context, options, { inventoryIsOptional: true });
  if (cluster === undefined || hasErrors(diagnostics)) throw new ConfigInvalid(diagnostics, documents);
  return cluster.name;
}

function inTheWay(
  target: string,
  conflicts: readonly { what: string; line: number | undefined; fields: readonly string[] }[],
): KonvoyError {
  const list = conflicts.map(({ what, line, fields }) => {
    const how = fields.length === 0 ? 'stands there twice' : `is another one: ${fields.join(', ')}`;
    return `  ${target}${line === undefined ? '' : `:${line}`}: ${what} ${how}`;
  });
  return new KonvoyError(`${target} has other things under these names, and is as it was:\n${list.join('\n')}`, {
    hint: 'konvoy apply kubeconfig --force-overwrite replaces them and keeps a backup',
  });
}
