import { resolve } from 'node:path';
import { Command } from 'commander';
import { controlPlaneOf } from '../../core/topology.ts';
import { findEtcdHosts } from '../../kinds/etcd/etcd-hosts.ts';
import { withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type HostOptions, addHostOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { writeJson } from '../render/json.ts';
import { withRunLog } from '../run-log.ts';
import { printSnapshot, snapshotPath, takeSnapshot } from '../take-snapshot.ts';

interface SnapshotOptions extends HostOptions {
  readonly out?: string;
}

/** `konvoy etcd snapshot`: what a cluster knows, kept and put back. */
export function etcdCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const snapshot = addHostOptions(
    new Command('snapshot')
      .description('copy what the cluster knows, its Secrets among it, into a file of the working folder')
      .option('--out <file>', 'a new file; default: etcd-CLUSTER-TIME.snapshot beside cluster.yaml'),
  ).action((options: SnapshotOptions) => keepSnapshot(context, world, options));
  return new Command('etcd').description("keep the cluster's data, and put it back").addCommand(snapshot);
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
