import { Command } from 'commander';
import { explainCloudService } from '../../components/cloud-controller/service-path/judge.ts';
import { CLOUD_ROUNDS, readCloudService } from '../../components/cloud-controller/service-path/questions.ts';
import { explainService } from '../../components/metallb/service-path/judge.ts';
import { clusterAsks, knownService, type ServiceName } from '../../components/metallb/service-path/questions.ts';
import { KonvoyError, UsageError } from '../../core/errors.ts';
import type { PathLink } from '../../core/path-link.ts';
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
        const links = await (session.topology.provider === 'aws' ? explainOnAws : explainMetallb)(session, name);
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

/** The cluster, as a host of it says, and how that is asked. Throws where there is none that answers. */
async function needCluster({ topology, observer }: ClusterSession) {
  const controlPlane = controlPlaneOf(topology);
  await observer.observe(askCluster(controlPlane));
  const cluster = readCluster(controlPlane, observer.facts);
  if (cluster.is !== 'living') {
    throw new KonvoyError(
      cluster.is === 'none' ? 'there is no cluster yet' : `the cluster does not answer: ${cluster.why}`,
    );
  }
  return { cluster, api: { address: cluster.at, port: controlPlane.port } };
}

/** Asks the cluster, and then the hosts that its answer points to. */
async function explainMetallb(session: ClusterSession, service: ServiceName): Promise<readonly PathLink[]> {
  const { topology, observer } = session;
  const { cluster, api } = await needCluster(session);
  const asked = clusterAsks(api, service);
  await observer.observe(Object.values(asked));
  const hosts = topology.hosts.map(({ address }) => address);
  const known = knownService(cluster.state, hosts, asked, service, observer.facts);
  if (typeof known === 'string') throw new KonvoyError(`the cluster cannot be asked: ${known}`);
  await observer.observe(known.asks);
  return explainService(known.settle(observer.facts));
}

/** Asks the cluster and the cloud, in rounds: each follows from what was answered before. */
async function explainOnAws(session: ClusterSession, service: ServiceName): Promise<readonly PathLink[]> {
  const { topology, observer } = session;
  const { cluster, api } = await needCluster(session);
  const question = { ...service, api, clusterName: topology.clusterName, nodes: cluster.state.nodes };
  for (const round of CLOUD_ROUNDS) await observer.observe(round(question, observer.facts));
  const found = readCloudService(question, observer.facts);
  if (typeof found === 'string') throw new KonvoyError(`the cluster cannot be asked: ${found}`);
  return explainCloudService(found);
}
