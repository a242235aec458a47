import { type PoolUse, usesOf } from '../../core/address-pool.ts';
import type { Check, Verdict } from '../../core/check.ts';
import { type Answer, ask, type FactView } from '../../core/fact.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { askCluster, readCluster } from '../../facts/cluster-state.ts';
import { establishedTo } from '../../facts/established-to.ts';
import { type MetallbRuntime, metallbRuntime } from '../../facts/metallb-runtime.ts';
import { type MetallbState, metallbState } from '../../facts/metallb-state.ts';
import { poolsAmong } from './address-pools.ts';
import { wantedSessions } from './bgp-peers.ts';
import { balancedServices } from './live-services.ts';
import {
  judgeAnnouncements,
  judgeCalicoPeers,
  judgeConfiguration,
  judgeFormer,
  judgePods,
  judgePools,
  judgeServices,
} from './judge-runtime.ts';
import type { MetallbAddon } from './section.ts';

/** Seconds: speakers and controller take up a new configuration, and addresses are given, within a few. */
const PATIENCE = 60;
/** Seconds until a session is established: native speakers call again every 2–30 s. */
const SESSION_PATIENCE = 90;

/** Both answers about a living MetalLB. */
interface Living {
  readonly runtime: MetallbRuntime;
  readonly state: MetallbState;
}

/** How full the pools of a cluster are. */
export function poolUses({ objects, services }: MetallbState): readonly PoolUse[] {
  return usesOf(poolsAmong(objects), balancedServices(services));
}

/** Whether MetalLB runs, was understood, has addresses left, and announces those that it gave. */
export function checks(section: MetallbAddon | undefined, topology: Topology): readonly Check[] {
  if (section?.enabled !== true) return [];
  const controlPlane = controlPlaneOf(topology);
  const nodes = topology.hosts.map(({ address }) => address);
  const questions = (facts: FactView) => {
    const cluster = readCluster(controlPlane, facts);
    if (cluster.is !== 'living') return undefined;
    const api = { address: cluster.at, port: controlPlane.port };
    return {
      cluster: cluster.state,
      runtime: ask(metallbRuntime, cluster.at, api),
      state: ask(metallbState, cluster.at, api),
    };
  };
  const living = (facts: FactView): Answer<Living> => {
    const asked = questions(facts);
    if (asked === undefined) return { ok: false, why: 'there is no cluster that answers' };
    const [runtime, state] = [facts.get(asked.runtime), facts.get(asked.state)];
    if (!runtime.ok) return runtime;
    if (!state.ok) return state;
    if (runtime.value === undefined || state.value === undefined) return { ok: false, why: 'there is no cluster' };
    return { ok: true, value: { runtime: runtime.value, state: state.value } };
  };
  const check = (id: string, title: string, judge: (found: Living) => Verdict): Check => ({
    id,
    phase: 'addons',
    title,
    asks: askCluster(controlPlane),
    about: nodes,
    patience: PATIENCE,
    asksMore(facts) {
      const asked = questions(facts);
      return asked === undefined ? [] : [asked.runtime, asked.state];
    },
    judge(facts) {
      const found = living(facts);
      return found.ok ? judge(found.value) : { is: 'unknown', why: found.why };
    },
  });
  const sessionsOf = (facts: FactView) => {
    const asked = questions(facts);
    const hosts = new Set(nodes);
    return wantedSessions(section.wanted.objects, asked?.cluster.nodes ?? [])
      .filter(({ node }) => hosts.has(node))
      .map((session) => ({ session, established: ask(establishedTo, session.node, session) }));
  };
  const sessions: Check = {
    id: 'metallb-sessions',
    phase: 'addons',
    title: 'speakers have their BGP sessions',
    asks: askCluster(controlPlane),
    about: nodes,
    patience: SESSION_PATIENCE,
    asksMore: (facts) => sessionsOf(facts).map(({ established }) => established),
    judge(facts) {
      const all = sessionsOf(facts).map(({ session, established }) => ({ session, answer: facts.get(established) }));
      const unread = all.flatMap(({ answer }) => (answer.ok ? [] : [answer.why]));
      const open = all.flatMap(({ session, answer }) =>
        answer.ok && !answer.value ? [`${session.node} to ${session.peer} (${session.address}:${session.port})`] : [],
      );
      if (open.length > 0) {
        const summary = `${open.length} of ${all.length} are not established: ${open.join(', ')}`;
        const hint =
          'the router must expect these nodes, with the ASN and the password of the peer; `kubectl --namespace=kubeaddons logs --selector=app=metallb,component=speaker` says what it answers';
        return { is: 'fail', summary, hint };
      }
      if (unread.length > 0) return { is: 'unknown', why: unread.join('; ') };
      return { is: 'pass', summary: `${all.length} ${all.length === 1 ? 'session' : 'sessions'}` };
    },
  };
  return [
    check('metallb-pods', 'MetalLB’s controller and a speaker on every node are ready', ({ runtime }) =>
      judgePods(runtime, nodes),
    ),
    check('metallb-former', 'no MetalLB of an older layout is in the way', ({ runtime }) => judgeFormer(runtime)),
    check('metallb-configuration', 'MetalLB has accepted its configuration', ({ runtime }) =>
      judgeConfiguration(runtime),
    ),
    check('metallb-pools', 'address pools have addresses left', ({ state }) => judgePools(poolUses(state))),
    check('metallb-services', 'each service of type LoadBalancer has an address', ({ state }) =>
      judgeServices(balancedServices(state.services)),
    ),
    check('metallb-announced', 'each of these addresses is announced', ({ runtime, state }) =>
      judgeAnnouncements(runtime, state),
    ),
    ...(topology.metallbBgp
      ? [
          sessions,
          check('metallb-calico-peers', 'Calico and MetalLB have different routers', ({ runtime }) =>
            judgeCalicoPeers(runtime, section.wanted.objects),
          ),
        ]
      : []),
  ];
}
