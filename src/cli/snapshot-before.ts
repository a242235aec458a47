import { KonvoyError } from '../core/errors.ts';
import { etcdEndpoint } from '../facts/etcdctl.ts';
import type { Change, Plan } from '../core/plan.ts';
import { controlPlaneOf } from '../core/topology.ts';
import { Interrupted } from '../engine/interrupted.ts';
import { upgradesControlPlane } from '../kinds/cluster-member/member-state.ts';
import { type EtcdHosts, findEtcdHosts } from '../kinds/etcd/etcd-hosts.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { CliContext } from './context.ts';
import type { WriteOptions } from './options.ts';
import type { Progress } from './render/progress.ts';
import { messageOf } from './render/words.ts';
import { printSnapshot, snapshotPath, takeSnapshot } from './take-snapshot.ts';

interface Given {
  readonly context: CliContext;
  readonly session: Pick<ClusterSession, 'topology' | 'hosts'>;
  readonly options: Pick<WriteOptions, 'config' | 'withoutSnapshot'>;
  readonly progress: Pick<Progress, 'report'>;
}

/**
 * Keeps what the cluster knows before a plan takes a control plane away, the whole cluster perhaps, or upgrades it. Does
 * nothing where the plan does not, where no host has an etcd, or where the user wants to do without. Throws where it cannot be taken.
 */
export async function snapshotBefore(plan: Pick<Plan, 'changes'>, given: Given): Promise<void> {
  const { context, session, options, progress } = given;
  const { clusterName } = session.topology;
  if (options.withoutSnapshot || !plan.changes.some(mayEndanger)) return;
  const hosts = await findEtcdHosts(controlPlaneOf(session.topology).hosts, session.hosts);
  if (hosts.found.length === 0 || !plan.changes.some((change) => endangers(change, hosts))) return;
  try {
    const { report } = progress;
    const { signal } = context;
    const taken = await takeSnapshot(hosts, snapshotPath(context, options, clusterName), { report, signal });
    report({ is: 'note', text: printSnapshot(taken) });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const what = plan.changes.some(upgradesControlPlane) ? 'an upgrade' : 'a control plane goes';
    throw new KonvoyError(`before ${what}, ${messageOf(error)}`, {
      hint: 'nothing was changed; mend etcd (konvoy check kubernetes), or do without: --without-snapshot',
      cause: error,
    });
  }
}

function mayEndanger(change: Change): boolean {
  const { verb, resource } = change;
  if (verb !== 'delete') return upgradesControlPlane(change);
  return resource.kind === 'node' || (resource.kind === 'cluster-member' && resource.role === 'control-plane');
}

/** A node that goes is a control plane where etcd has a member of that name. */
function endangers(change: Change, { found }: EtcdHosts): boolean {
  const { resource } = change;
  if (!mayEndanger(change)) return false;
  if (resource.kind !== 'node') return true;
  const known = found.flatMap(({ members }) => members ?? []);
  return known.length === 0 || known.some(({ endpoint }) => endpoint === etcdEndpoint(resource.name));
}
