import { Command } from 'commander';
import { UsageError } from '../../core/errors.ts';
import { controlPlaneOf } from '../../core/topology.ts';
import { withHostLocks } from '../../engine/with-host-locks.ts';
import { withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import { confirm } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { fetchAdminConf } from '../fetch-admin-conf.ts';
import { type HostOptions, addHostOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { writeJson } from '../render/json.ts';
import { renewCertificates } from '../renew-certificates.ts';
import { withRunLog } from '../run-log.ts';
import { thisRun } from '../this-run.ts';

interface RenewOptions extends HostOptions {
  readonly yes?: true;
}

const KUBELETS = 'The kubelets’ own certificates are not among them: kubelets renew those by themselves.';

/** `konvoy renew certificates`: those of kubeadm, one control plane after the other. */
export function renewCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const certificates = addHostOptions(
    new Command('certificates')
      .description('renew the certificates of the control planes, one host after the other')
      .option('--yes', 'do not ask'),
  ).action((options: RenewOptions) => renew(context, world, options));
  return new Command('renew').description('renew what comes to its end').addCommand(certificates);
}

function renew(context: CliContext, world: ClusterWorld, options: RenewOptions): Promise<void> {
  return withRunLog(context, options, 'renew-certificates', (progress) =>
    withCluster({ context, world, options, progress }, async (session) => {
      const { topology, limit } = session;
      const { hosts: all, port } = controlPlaneOf(topology);
      const hosts = all.filter((host) => limit?.has(host) ?? true);
      if (hosts.length === 0) {
        throw new UsageError(`--limit ${options.limit}: there is no control plane among these hosts`, {
          hint: 'certificates of kubeadm are on control planes only; kubelets renew their own by themselves',
        });
      }
      await confirm(
        context,
        options,
        `Shall konvoy renew the certificates on ${hosts.join(', ')}, and restart what uses them?`,
      );
      const { report } = progress;
      const started = context.now();
      report({ is: 'stage-started', stage: 'renew-certificates', hosts });
      const renewed = await withHostLocks(hosts, session.hosts, thisRun(context), (writers) =>
        renewCertificates({
          writers,
          controlPlanes: all,
          connections: session.hosts,
          port,
          vip: topology.vip,
          report,
          signal: context.signal,
        }),
      );
      report({ is: 'stage-ended', stage: 'renew-certificates', milliseconds: context.now() - started });
      await fetchAdminConf({ context, session, options, progress });
      if (options.output === 'json')
        writeJson(context.stdout, {
          ok: true,
          cluster: topology.clusterName,
          renewed: renewed.map((each) => ({ ...each })),
        });
      else {
        const lines = renewed.map(({ host, until }) => `${host}: good until ${until}\n`);
        context.stdout.write(`\n${lines.join('')}${KUBELETS}\n`);
      }
      context.exitWith(EXIT.ok);
    }),
  );
}
