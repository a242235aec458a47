import type { HostAddress } from '../../core/address.ts';
import { type BalancedService, PoolIndex, type PoolUse } from '../../core/address-pool.ts';
import type { Verdict } from '../../core/check.ts';
import { textAt } from '../../core/json.ts';
import type { MetallbPod, MetallbRuntime } from '../../facts/metallb-runtime.ts';
import type { MetallbState } from '../../facts/metallb-state.ts';
import { poolsAmong } from './address-pools.ts';
import { formerConfigInline } from './former-config.ts';
import { balancedServices } from './live-services.ts';
import type { MetallbObject } from './objects.ts';

/** Names that a summary lists. */
const LISTED = 8;

function list(names: readonly string[]): string {
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `${names.slice(0, LISTED).join(', ')}${rest}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function stateOf({ waits, restarts }: MetallbPod): string {
  return `${waits === '' ? 'not ready' : waits}, ${plural(restarts, 'restart')}`;
}

/** Whether controller and speakers are ready; nodes are named as their hosts. */
export function judgePods({ pods }: MetallbRuntime, nodes: readonly HostAddress[]): Verdict {
  const speakers = new Map(pods.filter((pod) => pod.component === 'speaker').map((pod) => [pod.node, pod]));
  const controllers = pods.filter((pod) => pod.component === 'controller');
  const problems = nodes.flatMap((node) => {
    const pod = speakers.get(node);
    if (pod === undefined) return [`no speaker on ${node}`];
    return pod.ready ? [] : [`the speaker on ${node}: ${stateOf(pod)}`];
  });
  if (!controllers.some(({ ready }) => ready)) {
    const [pod] = controllers;
    problems.unshift(pod === undefined ? 'no controller' : `the controller: ${stateOf(pod)}`);
  }
  if (problems.length === 0) return { is: 'pass', summary: plural(speakers.size, 'speaker') };
  const hint = '`kubectl --namespace=kubeaddons describe pods --selector=app=metallb` says why';
  return { is: 'fail', summary: list(problems), hint };
}

/** A MetalLB before 0.13 reads a ConfigMap, which today's does not: what it says is offered in the form of the addon. */
export function judgeFormer({ formerConfigMaps }: MetallbRuntime): Verdict {
  if (formerConfigMaps.length === 0) return { is: 'pass' };
  const offered = formerConfigMaps.flatMap(({ config }) => formerConfigInline(config) ?? []);
  const blocks = offered.map((text) => `\n${text}`.replaceAll('\n', '\n    '));
  const offer =
    offered.length === 0
      ? 'take what it says over as configInline of the addon metallb, '
      : `write this into the values of the addon metallb${blocks.join('\n  or')}\n  `;
  return {
    is: 'warn',
    summary: `the ConfigMap ${formerConfigMaps.map(({ name }) => name).join(', ')} is of a MetalLB before 0.13, and nobody reads it any more`,
    hint: `${offer}then delete it, and the pods of that MetalLB, if any run`,
  };
}

/** What MetalLB says of its configuration. */
export function judgeConfiguration({ verdicts }: MetallbRuntime): Verdict {
  const wrong = verdicts.filter(({ result }) => result === 'Invalid');
  if (wrong.length > 0) {
    const said = new Map<string, string[]>();
    for (const { component, node, errors } of wrong) {
      said.set(errors, [...(said.get(errors) ?? []), node === '' ? component : node]);
    }
    const summary = [...said].map(([errors, who]) => `${errors} (${list(who)})`).join('; ');
    return { is: 'fail', summary, hint: 'what was in effect before goes on; mend the addon’s values' };
  }
  if (verdicts.length === 0) return { is: 'unknown', why: 'no part of MetalLB has said anything of it yet' };
  const open = verdicts.filter(({ result }) => result !== 'Valid');
  if (open.length === 0) return { is: 'pass', summary: `so say ${plural(verdicts.length, 'part')} of it` };
  return { is: 'unknown', why: `nothing said by ${list(open.map(({ component, node }) => node || component))}` };
}

/** A pool that is nearly full is told before it is: a tenth left, or one address. */
function isTight({ capacity, free }: PoolUse): boolean {
  return free <= Math.max(1, Math.floor(capacity / 10)) && capacity > 1;
}

/** `default 3 of 26 used`. */
export function printUse({ pool, used, capacity }: PoolUse): string {
  return `${pool.name} ${used} of ${capacity} used`;
}

/** Whether pools have addresses left. */
export function judgePools(uses: readonly PoolUse[]): Verdict {
  if (uses.length === 0) {
    const hint = 'give the addon metallb a pool: configInline.address-pools';
    return { is: 'warn', summary: 'there is no pool: no service gets an address', hint };
  }
  const hint = 'add addresses to the pool, or another pool';
  const full = uses.filter(({ free }) => free <= 0);
  if (full.length > 0) return { is: 'warn', summary: `full: ${list(full.map(printUse))}`, hint };
  const tight = uses.filter(isTight);
  if (tight.length > 0) return { is: 'warn', summary: `nearly full: ${list(tight.map(printUse))}`, hint };
  return { is: 'pass', summary: list(uses.map(printUse)) };
}

/** Whether every service has an address. */
export function judgeServices(services: readonly BalancedService[]): Verdict {
  const waiting = services.filter(({ addresses }) => addresses.length === 0);
  if (waiting.length === 0) return { is: 'pass', summary: plural(services.length, 'service') };
  const names = waiting.map(({ namespace, name }) => `${namespace}/${name}`);
  return {
    is: 'fail',
    summary: `${waiting.length} of ${services.length} wait for one: ${list(names)}`,
    hint: `\`konvoy explain service ${names[0]}\` says why`,
  };
}

/** Whether somebody announces the addresses of every service. */
export function judgeAnnouncements({ announcements }: MetallbRuntime, { services, objects }: MetallbState): Verdict {
  const announced = new Set(announcements.map(({ service }) => service));
  const index = new PoolIndex(poolsAmong(objects));
  const own = balancedServices(services).filter(({ addresses }) =>
    addresses.some(({ value }) => index.poolOf(value) !== undefined),
  );
  const silent = own.map(({ namespace, name }) => `${namespace}/${name}`).filter((service) => !announced.has(service));
  if (silent.length === 0) return { is: 'pass', summary: plural(own.length, 'service') };
  return {
    is: 'fail',
    summary: `${silent.length} of ${own.length} are announced by nobody: ${list(silent)}`,
    hint: `\`konvoy explain service ${silent[0]}\` says why; without a ready pod behind it no service is announced`,
  };
}

/** A router has one session with each address: Calico's and MetalLB's BGP would take it from each other. */
export function judgeCalicoPeers(
  { calicoPeers }: MetallbRuntime,
  objects: readonly Pick<MetallbObject, 'kind' | 'object'>[],
): Verdict {
  const own = objects.flatMap(({ kind, object }) => {
    const address = kind === 'BGPPeer' ? textAt(object, 'spec', 'peerAddress') : undefined;
    // From an address of its own MetalLB has a session of its own.
    return address === undefined || textAt(object, 'spec', 'sourceAddress') !== undefined ? [] : [address];
  });
  const both = own.filter((address) => calicoPeers.some((peer) => peer.split(':')[0] === address));
  if (both.length === 0) return { is: 'pass' };
  return {
    is: 'fail',
    summary: `both have sessions with ${list(both)}, from the same addresses: the router keeps one of each two`,
    hint: 'give MetalLB’s peer a source-address, or let Calico announce the pools (BGPConfiguration.serviceLoadBalancerIPs)',
  };
}
