import { isMap, parseDocument } from 'yaml';
import { findInstances, type FoundHost, instanceQuestions } from '../components/aws-nlb/find-instances.ts';
import { awsSection } from '../config/aws-section.ts';
import type { Cluster } from '../config/cluster.ts';
import { makeTopology } from '../config/topology.ts';
import { type Diagnostic, hasErrors } from '../core/diagnostic.ts';
import { ConfigInvalid } from '../core/errors.ts';
import type { Topology } from '../core/topology.ts';
import type { CliContext } from './context.ts';
import { openCloud } from './open-cloud.ts';
import type { CloudOptions } from './options.ts';
import { readConfig } from './read-config.ts';
import type { Progress } from './render/progress.ts';
import { withHosts } from './write-hosts.ts';

/** Hosts that the inventory did not have. */
export interface FoundHosts {
  /** Of the cluster without hosts. */
  readonly topology: Topology;
  readonly hosts: readonly FoundHost[];
  /** An error among them: nothing is to be written. */
  readonly diagnostics: readonly Diagnostic[];
  /** The inventory as it is; undefined where there is none. */
  readonly before: string | undefined;
  /** The inventory with the hosts in it. */
  readonly after: string;
}

/**
 * The instances of a cluster on AWS whose inventory names no hosts, by their tags. Undefined where the inventory has some, or
 * the cluster is not on AWS. Throws `ConfigInvalid` where cluster.yaml is wrong, and `ApiError`.
 */
export async function findHosts(given: {
  context: CliContext;
  options: CloudOptions;
  progress: Progress;
}): Promise<FoundHosts | undefined> {
  const { context, options } = given;
  const files = await readConfig(context, options, { inventoryIsOptional: true });
  const before = files.documents.texts.get(options.inventory);
  const lacks = before === undefined || files.inventory?.hosts.length === 0 || !isMap(parseDocument(before).contents);
  if (files.cluster?.provider !== 'aws' || !lacks) return undefined;
  const alone = await readConfig(context, options, { inventoryIsOptional: true, inventoryText: '' });
  const { cluster, diagnostics, documents } = alone;
  const section = cluster && awsSection(cluster);
  if (cluster === undefined || section === undefined || hasErrors(diagnostics)) {
    throw new ConfigInvalid(diagnostics, documents);
  }
  const { hosts, observer } = await openCloud(given, cluster);
  try {
    const { asks } = instanceQuestions(section, cluster.name);
    await observer.observe(asks);
    const found = findInstances(section, cluster.name, poolsOf(cluster), observer.facts);
    const after = withHosts(before, found.hosts, { cluster: cluster.name, login: loginOf(cluster) });
    return { topology: makeTopology(cluster, undefined), ...found, before, after };
  } finally {
    await hosts.close();
  }
}

function poolsOf({ provisioner }: Cluster) {
  const pools = provisioner?.spec.nodePools ?? [];
  const workers = pools.filter(({ controlPlane, bastion }) => !controlPlane && !bastion);
  return {
    controlPlane: pools.find(({ controlPlane }) => controlPlane)?.name ?? 'control-plane',
    workers: workers.map(({ name }) => name),
  };
}

function loginOf({ provisioner }: Cluster) {
  const credentials = provisioner?.spec.sshCredentials;
  return { user: credentials?.user, keyFile: credentials?.privateKeyFile };
}
