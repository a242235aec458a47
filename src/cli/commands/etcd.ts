import { resolve } from 'node:path';
import { Command } from 'commander';
import { controlPlaneOf } from '../../core/topology.ts';
import { withHostLocks } from '../../engine/with-host-locks.ts';
import { findEtcdHosts } from '../../kinds/etcd/etcd-hosts.ts';
import { withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { confirmByName } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { fileStamp } from '../file-stamp.ts';
import { type HostOptions, addHostOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { writeJson } from '../render/json.ts';
import { openSnapshotFile, restoreSnapshot } from '../restore-snapshot.ts';
import { withRunLog } from '../run-log.ts';
import { printMegabytes, printSnapshot, snapshotPath, takeSnapshot } from '../take-snapshot.ts';
import { thisRun } from '../this-run.ts';

interface SnapshotOptions extends HostOptions {
  readonly out?: string;
}

interface RestoreOptions extends HostOptions {
  readonly confirm?: string;
}

/** `konvoy etcd snapshot|restore`: what a cluster knows, kept and put back. */
export function etcdCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const snapshot = addHostOptions(
    new Command('snapshot')
      .description('copy what the cluster knows, its Secrets among it, into a file of the working folder')
      .option('--out <file>', 'a new file; default: etcd-CLUSTER-TIME.snapshot beside cluster.yaml'),
  ).action((options: SnapshotOptions) => keepSnapshot(context, world, options));
  const restore = addHostOptions(
    new Command('restore')
      .description('make the cluster what it was when a snapshot was taken, on all control planes')
      .argument('<file>', 'a file that konvoy etcd snapshot has written')
      .option('--confirm <name>', "the cluster's name, instead of typing it"),
  ).action((file: string, options: RestoreOptions) => putBack(context, world, file, options));
  return new Command('etcd')
    .description("keep the cluster's data, and put it back")
    .addCommand(snapshot)
    .addCommand(restore);
}

function keepSnapshot(context: CliContext, world: ClusterWorld, options: SnapshotOptions): Promise<void> {
  return withRunLog(context, options, 'etcd-snapshot', (progress) =>
    withCluster({ context, world, options, progress }, async ({ topology, hosts, limit }) => {
      const file =
        options.out === undefined
          ? snapshotPath(context, options, topology.clusterName)
          : resolve(context.cwd, options.out);
      const candidates = controlPlaneOf(topology).hosts.filter((host) => limit?.has(host) ?? true);
      const { report } = progress;
      const taken = await takeSnapshot(await findEtcdHosts(candidates, hosts), file, {
        report,
        signal: context.signal,
      });
      if (options.output === 'json') writeJson(context.stdout, { ok: true, cluster: topology.clusterName, ...taken });
      else
        context.stdout.write(`${printSnapshot(taken)}\nAll Secrets of the cluster are in it: keep it accordingly.\n`);
      context.exitWith(EXIT.ok);
    }),
  );
}

function putBack(context: CliContext, world: ClusterWorld, path: string, options: RestoreOptions): Promise<void> {
  return withRunLog(context, options, 'etcd-restore', (progress) =>
    withCluster({ context, world, options, progress }, async ({ topology, hosts }) => {
      const controlPlane = controlPlaneOf(topology);
      const file = await openSnapshotFile(resolve(context.cwd, path));
      await confirmByName(context, options.confirm, topology.clusterName, {
        what: `a restore takes back all that ${topology.clusterName} has learnt since the snapshot`,
        purpose: 'to make it what it was',
      });
      const { report } = progress;
      const started = context.now();
      report({ is: 'stage-started', stage: 'etcd-restore', hosts: controlPlane.hosts });
      const { status, kept } = await withHostLocks(controlPlane.hosts, hosts, thisRun(context), (writers) =>
        restoreSnapshot({
          writers,
          file,
          port: controlPlane.port,
          stamp: fileStamp(started),
          report,
          signal: context.signal,
        }),
      );
      report({ is: 'stage-ended', stage: 'etcd-restore', milliseconds: context.now() - started });
      if (options.output === 'json')
        writeJson(context.stdout, { ok: true, cluster: topology.clusterName, ...status, kept });
      else {
        const lines = kept.map((each) => `The data from before is kept: ${each.host}:${each.path}\n`);
        const content = `${printMegabytes(file.size)}, revision ${status.revision}, ${status.keys} keys`;
        context.stdout.write(
          `\n${topology.clusterName} is what it was at the time of ${path} (${content}).\n${lines.join('')}`,
        );
      }
      context.exitWith(EXIT.ok);
    }),
  );
}
