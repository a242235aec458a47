import { Command } from 'commander';
import { explainService } from '../../components/metallb/service-path/judge.ts';
import { clusterAsks, knownService, type ServiceName } from '../../components/metallb/service-path/questions.ts';
import { KonvoyError, UsageError } from '../../core/errors.ts';
import { controlPlaneOf } from '../../core/topology.ts';
import { askCluster, readCluster } from '../../facts/cluster-state.ts';
import { type ClusterSession, withCluster } from '../cluster-session.ts';
import type { ClusterWorld } from '../cluster-world.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { addHostOptions, type HostOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { printSummary, toVerdict } from '../render/explain-text.ts';
import { writeJson } from '../render/json.ts';
import { openProgress, withProgress } from '../run-progress.ts';

/** A name of Kubernetes: of a namespace or a service. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function parseService(text: string): ServiceName {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (more.length === 0 && NAME.test(namespace) && NAME.test(name)) return { namespace, name };
  throw new UsageError(`${text} names no service`, {
    hint: 'write NAMESPACE/NAME, for example kubeaddons/traefik-kubeaddons',
  });
}

/** `konvoy explain service`: why a service is not reached from outside, link by link. */
export function explainCommand(context: CliContext, world: ClusterWorld = realWorld): Command {
  const service = addHostOptions(
    new Command('service')
      .description('say which link between clients outside and the pods of a service is broken')
      .argument('<service>', 'NAMESPACE/NAME'),
  ).action(async (text: string, options: HostOptions) => {
    const name = parseService(text);
    const progress = openProgress(context, options, 'stdout');
    await withProgress(progress, () =>
      withCluster({ context, world, options, progress }, async (session) => {
        const links = explainService(await gather(session, name));
        for (const link of links) {
          progress.report({ is: 'check-done', check: link, verdict: toVerdict(link) });
        }
        progress.end();
        const ok = links.every(({ verdict }) => verdict !== 'broken');
        if (options.output === 'json') {
          const json = links.map(({ evidence, ...link }) => ({ ...link, evidence: [...evidence] }));
          writeJson(context.stdout, { ok, service: text, links: json });
        } else context.stdout.write(`\n${printSummary(text, links)}\n`);
        context.exitWith(ok ? EXIT.ok : EXIT.verificationFailed);
      }),
    );
  });
  return new Command('explain').description('explain why something does not work').addCommand(service);
}

/** Asks the cluster, and then the hosts that its answer points to. */
async function gather({ topology, observer }: ClusterSession, service: ServiceName) {
  const controlPlane = controlPlaneOf(topology);
  await observer.observe(askCluster(controlPlane));
  const cluster = readCluster(controlPlane, observer.facts);
  if (cluster.is !== 'living') {
    throw new KonvoyError(
      cluster.is === 'none' ? 'there is no cluster yet' : `the cluster does not answer: ${cluster.why}`,
    );
  }
  const asked = clusterAsks({ address: cluster.at, port: controlPlane.port }, service);
  await observer.observe(Object.values(asked));
  const hosts = topology.hosts.map(({ address }) => address);
  const known = knownService(cluster.state, hosts, asked, service, observer.facts);
  if (typeof known === 'string') throw new KonvoyError(`the cluster cannot be asked: ${known}`);
  await observer.observe(known.asks);
  return known.settle(observer.facts);
}
