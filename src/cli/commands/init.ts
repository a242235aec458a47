import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

interface InitOptions {
  readonly config: string;
  readonly inventory: string;
  readonly provisioner: 'none' | 'aws';
  readonly clusterName: string;
  readonly hosts?: readonly string[];
  readonly force?: true;
}

/** `konvoy init`: files to start from. What has to be filled in is marked FILL-IN. */
export function initCommand(context: CliContext): Command {
  return new Command('init')
    .description('write cluster.yaml, inventory.yaml and .gitignore to start from')
    .option('--config <file>', "the cluster's configuration", 'cluster.yaml')
    .option('--inventory <file>', 'the hosts, in the format of Ansible', 'inventory.yaml')
    .addOption(new Option('--provisioner <name>', 'who makes the machines').choices(['none', 'aws']).default('none'))
    .option('--cluster-name <name>', 'name of the cluster', parseName, 'konvoy')
    .option(
      '--hosts <addresses>',
      'IPv4 addresses of hosts, separated by commas: up to three control-plane hosts, then workers',
      parseHosts,
    )
    .option('--force', 'write over files that are there')
    .action(async (options: InitOptions) => {
      const { newClusterFile, newInventoryFile, IGNORED_FILES } = await import('../new-files.ts');
      const files: [string, string][] = [
        [options.config, newClusterFile(options.provisioner, options.clusterName, options.hosts ?? [])],
      ];
      if (options.hosts !== undefined || options.provisioner === 'none') {
        files.push([options.inventory, newInventoryFile(options.hosts ?? [])]);
      }
      files.push([join(dirname(options.config), '.gitignore'), IGNORED_FILES]);
      await writeNew(context, files, options.force ?? false);
      for (const [file] of files) context.stdout.write(`wrote ${file}\n`);
      context.stdout.write('\nNext: fill in what is marked FILL-IN, then run konvoy validate.\n');
      context.exitWith(EXIT.ok);
    });
}

function parseName(text: string): string {
  if (/^[a-z0-9._-]{1,63}$/.test(text)) return text;
  throw new InvalidArgumentError('it has up to 63 of a-z, 0-9, ".", "_" and "-".');
}

function parseHosts(text: string): readonly string[] {
  const hosts = text.split(',').map((host) => host.trim());
  for (const host of hosts) {
    const octets = host.split('.');
    const valid =
      octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256);
    if (!valid) throw new InvalidArgumentError(`"${host}" is no IPv4 address.`);
  }
  if (new Set(hosts).size < hosts.length) throw new InvalidArgumentError('an address stands in it twice.');
  return hosts;
}

/** Writes all files or none of them: a file that is there stops everything, unless it may be written over. */
async function writeNew(context: CliContext, files: readonly [string, string][], force: boolean): Promise<void> {
  const mode = constants.O_WRONLY | constants.O_CREAT | (force ? constants.O_TRUNC : constants.O_EXCL);
  if (!force) {
    const present = await Promise.all(files.map(([file]) => exists(resolve(context.cwd, file))));
    const taken = files.filter((_file, index) => present[index]).map(([file]) => file);
    if (taken.length > 0) {
      throw new UsageError(`there already is ${taken.join(' and ')}`, {
        hint: 'choose another folder, or write over it with --force',
      });
    }
  }
  for (const [file, text] of files) {
    const path = resolve(context.cwd, file);
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, mode, 0o644);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, constants.O_RDONLY | constants.O_NONBLOCK)).close();
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}
