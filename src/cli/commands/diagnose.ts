import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { tarArchive, type TarEntry } from '../../bundle/tar-archive.ts';
import { rememberSecretsIn } from '../../core/found-secrets.ts';
import { redact } from '../../core/redact.ts';
import { newSeed, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { confirm } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { type DiagnosisFile, gatherDiagnosis, plannedContents } from '../diagnosis.ts';
import { EXIT } from '../exit-codes.ts';
import { fileStamp } from '../file-stamp.ts';
import { type HostOptions, addHostOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { writeJson } from '../render/json.ts';
import { openProgress, withProgress } from '../run-progress.ts';

interface DiagnoseOptions extends HostOptions {
  readonly yes?: true;
}

/** `konvoy diagnose`: what a maintainer needs, in one archive without secrets. Changes nothing. */
export function diagnoseCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  return addHostOptions(
    new Command('diagnose')
      .description('pack what a maintainer needs into one archive, without secrets; says first what it will hold')
      .option('--yes', 'do not ask'),
  ).action(async (options: DiagnoseOptions) => {
    const progress = openProgress(context, options, 'stderr');
    await withProgress(progress, () =>
      withCluster({ context, world, options, progress }, async (session) => {
        const { topology, limit } = session;
        const hosts = topology.hosts.map(({ address }) => address).filter((host) => limit?.has(host) ?? true);
        const folder = dirname(resolve(context.cwd, options.config));
        const file = join(folder, `diagnose-${topology.clusterName}-${fileStamp(context.now())}.tar.gz`);
        const lines = plannedContents(hosts).map(({ name, what }) => `  ${name}: ${what}\n`);
        context.stderr.write(`${file} will hold, with secrets taken out:\n${lines.join('')}`);
        await confirm(context, options, 'Shall konvoy ask for this and write the archive?', 'this reads logs of hosts');
        const files = await gatherDiagnosis(context, session, hosts, newSeed(context));
        progress.end();
        const size = await writeArchive(file, files);
        if (options.output === 'json') {
          writeJson(context.stdout, { ok: true, file, size, files: files.map(({ name }) => name) });
        } else {
          context.stdout.write(
            `${file}: ${files.length} files, ${Math.ceil(size / 1024)} KiB. Look into it before you send it.\n`,
          );
        }
        context.exitWith(EXIT.ok);
      }),
    );
  });
}

/** Writes a new file that only its user may read. Returns its size in bytes. */
async function writeArchive(file: string, files: readonly DiagnosisFile[]): Promise<number> {
  for (const { text } of files) rememberSecretsIn(text);
  const entries = files.map(({ name, text }): TarEntry => {
    const bytes = Buffer.from(redact(text));
    return { is: 'file', name, mode: 0o600, size: bytes.length, content: () => Readable.from([bytes]) };
  });
  const packed = gzipSync(await buffer(tarArchive(entries)));
  await writeFile(file, packed, { flag: 'wx', mode: 0o600 });
  return packed.length;
}
