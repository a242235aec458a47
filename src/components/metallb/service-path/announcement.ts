import { announcing, type PoolAdvertisement } from '../../../core/address-pool.ts';
import { meetsOneOf } from '../../../core/label-selector.ts';
import { broken, fine, type LinkFinding, skipped, unknown } from '../../../core/path-link.ts';
import { type ClusterNode, EXCLUDE_LABEL } from '../../../facts/cluster-state.ts';
import { judgeConfiguration } from '../judge-runtime.ts';
import { lineOf, poolOfService } from './allocation.ts';
import type { ServiceCase } from './case.ts';

const NO_ADDRESS = 'it has no address of a pool';

/** The advertisements that are for the service. */
function advertisementsOf(found: ServiceCase): readonly PoolAdvertisement[] | undefined {
  const pool = poolOfService(found);
  return pool === undefined ? undefined : announcing(pool, lineOf(found)?.labels ?? {});
}

/** Whether somebody is to announce the address at all. */
export function judgeAdvertisement(found: ServiceCase): LinkFinding {
  const [pool, own] = [poolOfService(found), advertisementsOf(found)];
  if (pool === undefined || own === undefined) return skipped(NO_ADDRESS);
  if (own.length > 0) return fine(own.map(({ by, name }) => `${name} (${by})`).join(', '));
  const all = pool.advertisements.map(({ name }) => name);
  return broken(
    all.length === 0
      ? `the pool ${pool.name} has no advertisement`
      : `no advertisement of ${pool.name} is for its labels`,
    'add an L2Advertisement or a BGPAdvertisement for the pool; with configInline each pool has one',
    ...(all.length === 0 ? [] : [`advertisements of the pool: ${all.join(', ')}`]),
  );
}

/** Whether MetalLB took the configuration that says so. */
export function judgeAccepted({ runtime }: ServiceCase): LinkFinding {
  const verdict = judgeConfiguration(runtime);
  if (verdict.is === 'fail') return broken(verdict.summary, verdict.hint ?? 'mend the values of the addon metallb');
  return verdict.is === 'pass' ? fine(verdict.summary ?? '') : unknown('MetalLB has not said whether it took it');
}

function isExcluded({ labels }: ClusterNode): boolean {
  return labels[EXCLUDE_LABEL] !== undefined;
}

/** Why a node may not announce; undefined: it may. */
function whyNot(node: ClusterNode, own: readonly PoolAdvertisement[], found: ServiceCase): string | undefined {
  if (!own.some(({ nodeSelectors }) => meetsOneOf(nodeSelectors, node.labels))) {
    return 'no advertisement selects it';
  }
  if (isExcluded(node) && !found.runtime.ignoresExclusion) return `it has the label ${EXCLUDE_LABEL}`;
  if (node.ready !== 'True') return 'it is not ready';
  const speaker = found.runtime.pods.find((pod) => pod.component === 'speaker' && pod.node === node.name);
  if (speaker === undefined) return 'no speaker runs there';
  return speaker.ready ? undefined : `its speaker is ${speaker.waits || 'not ready'}`;
}

/** Nodes that may announce the service. */
function candidates(found: ServiceCase): readonly string[] {
  const own = advertisementsOf(found) ?? [];
  return found.nodes.filter((node) => whyNot(node, own, found) === undefined).map(({ name }) => name);
}

/** Whether there is a node that may announce the address. */
export function judgeNodes(found: ServiceCase): LinkFinding {
  const own = advertisementsOf(found);
  if (own === undefined || own.length === 0) return skipped('no advertisement is for it');
  const may = candidates(found);
  if (may.length > 0) return fine(may.join(', '));
  const reasons = found.nodes.map((node) => `${node.name}: ${whyNot(node, own, found) ?? ''}`);
  const excluded = found.nodes.some((node) => isExcluded(node));
  const hint = excluded
    ? `take the label off a node: kubectl label node NAME ${EXCLUDE_LABEL}-`
    : 'a node must be ready, have a ready speaker, and be selected by an advertisement';
  return broken('no node may announce it', hint, ...reasons);
}

/** Whether the nodes that announce it are those that may bring traffic to pods. */
export function judgePolicy(found: ServiceCase): LinkFinding {
  const { story } = found;
  if (story === undefined) return skipped('there is no service');
  if (!story.local) return fine('Cluster: every node brings traffic to every pod');
  const ready = story.endpoints.filter((endpoint) => endpoint.ready);
  if (ready.length === 0) return skipped('no pod is ready');
  const withPod = [...new Set(ready.map(({ node }) => node))];
  const may = advertisementsOf(found) === undefined ? [] : candidates(found);
  const useful = withPod.filter((node) => may.includes(node));
  const evidence = [`ready pods on ${withPod.join(', ')}`, `nodes that may announce: ${may.join(', ') || 'none'}`];
  const hint = 'set externalTrafficPolicy to Cluster, or bring a pod to a node that may announce';
  const strays = found.announcing.map(({ node }) => node).filter((node) => !withPod.includes(node));
  if (strays.length > 0)
    return broken(`Local, and ${strays.join(', ')} announces it without a ready pod`, hint, ...evidence);
  if (useful.length > 0) return fine(`Local: ${useful.join(', ')}`);
  if (may.length === 0) return skipped('no node may announce it');
  return broken('Local, and no node that may announce it has a ready pod', hint, ...evidence);
}

/** Whether somebody announces it, as the speakers say. */
export function judgeAnnounced(found: ServiceCase): LinkFinding {
  if (poolOfService(found) === undefined) return skipped(NO_ADDRESS);
  const service = `${found.namespace}/${found.name}`;
  const own = found.runtime.announcements.filter((each) => each.service === service);
  if (own.length > 0) {
    const ways = own.map(
      ({ by, node, through }) => `${node} by ${by}${through.length > 0 ? ` (${through.join(', ')})` : ''}`,
    );
    return fine(ways.join(', '));
  }
  const said = (found.story?.events ?? []).filter(({ reason }) => reason === 'announceFailed');
  return broken(
    'no speaker announces it',
    'the links above say why; `kubectl --namespace=kubeaddons logs --selector=app=metallb,component=speaker` says what speakers think',
    ...said.slice(-1).map(({ message }) => message),
  );
}

/** Whether the nodes that announce by BGP have their sessions. */
export function judgeSessions({ sessions }: ServiceCase): LinkFinding {
  if (sessions.length === 0) return skipped('it is not announced by BGP');
  const names = (list: typeof sessions) =>
    list.map(({ session }) => `${session.node} to ${session.peer} (${session.address}:${session.port})`);
  const open = sessions.filter(({ established }) => established.ok && !established.value);
  const unread = sessions.filter(({ established }) => !established.ok);
  const standing = sessions.filter(({ established }) => established.ok && established.value);
  if (standing.length > 0 && open.length === 0) return fine(names(standing).join(', '));
  if (open.length > 0) {
    return broken(
      `${open.length} of ${sessions.length} BGP sessions are not established`,
      'the router must expect these nodes, with the ASN and the password of the peer; no firewall between may drop TCP 179',
      ...names(open),
    );
  }
  return unknown(unread.flatMap(({ established }) => (established.ok ? [] : [established.why])).join('; '));
}
