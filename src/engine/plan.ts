import type { HostAddress } from '../core/address.ts';
import type { Check } from '../core/check.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Change, Hazard, OneByOne, Plan, Unreadable } from '../core/plan.ts';
import type { Resource } from '../core/resource.ts';
import type { Topology } from '../core/topology.ts';
import { type KindTable, withKind } from '../kinds/dispatch.ts';
import type { Judgement } from '../kinds/judgement.ts';
import type { BoundComponent, Wanted } from './bound-component.ts';
import { askLastHolder } from './lock.ts';
import type { Observer } from './observe.ts';
import { digestPlan } from './plan-digest.ts';
import { restartFields } from './restart-readers.ts';

export interface PlanRequest {
  readonly components: readonly BoundComponent[];
  readonly topology: Topology;
  readonly kinds: KindTable;
  readonly observer: Observer;
  /** For what is picked once. In [0, 1); the same sequence gives the same plan. */
  readonly random: () => number;
  /** Only resources of these hosts take part. Undefined: all. */
  readonly limit?: ReadonlySet<HostAddress> | undefined;
}

/** A resource and how it was found. */
export interface Judged {
  readonly resource: Resource;
  readonly judgement: Judgement;
}

/** A plan with what it was made from: `status` prints the findings, `up` runs the checks. */
export interface Planned {
  readonly plan: Plan;
  readonly findings: readonly Judged[];
  readonly checks: readonly Check[];
}

/** Reads what has to be read and compares it with what is wanted. Changes nothing. */
export async function makePlan(request: PlanRequest): Promise<Planned> {
  const wanted = await settleComponents(request);
  const resources = inOrder(
    wanted.flatMap(({ resources }) => resources),
    request,
  );
  const { kinds, observer } = request;
  await observer.observe(resources.flatMap((resource) => asksOf(kinds, resource)));
  const more = (resource: Resource) =>
    withKind(kinds, resource, (kind, wanted) => kind.asksMore(wanted, observer.facts));
  const atLast = (resource: Resource) =>
    withKind(kinds, resource, (kind, wanted) => kind.asksAtLast(wanted, observer.facts));
  await observer.observe(resources.flatMap(more));
  await observer.observe(resources.flatMap(atLast));
  const findings = resources.map((resource) => ({ resource, judgement: judge(resource, request) }));
  const diagnostics = [...wanted.flatMap((part) => part.diagnostics), ...findings.flatMap(refusalsOf)];
  const checks = wanted.flatMap((part) => part.checks()).filter((check) => concerns(check, request.limit));
  const oneByOne = wanted.flatMap(({ oneByOne: hosts, atOnce }, index): OneByOne[] => {
    const component = request.components[index]?.name;
    return hosts === undefined || component === undefined ? [] : [{ component, hosts, atOnce }];
  });
  return { plan: { ...toPlan(findings, diagnostics), oneByOne }, findings, checks };
}

/** A plan that does nothing and says something: where it is not clear what would be done. */
export function planOfRemarks(diagnostics: readonly Diagnostic[]): Plan {
  const nothing = { changes: [], hazards: [], deferred: [] };
  return { ...nothing, unreadable: [], oneByOne: [], diagnostics, digest: digestPlan(nothing) };
}

/**
 * Asks what components must learn first. Resources of those that need nothing are asked in the same round trip: most
 * hosts are then done with one.
 */
async function settleComponents(request: PlanRequest): Promise<Wanted[]> {
  const { components, topology, kinds, observer, random, limit } = request;
  const settled = new Map<BoundComponent, Wanted>();
  const firstAsks = components.flatMap((component) => {
    if (component.discovery !== undefined) return component.discovery;
    const wanted = component.settle(observer.facts, random);
    settled.set(component, wanted);
    return wanted.resources.filter((resource) => within(resource, limit)).flatMap((it) => asksOf(kinds, it));
  });
  // First of all: what somebody writes while the rest is read is then noticed when the hosts are locked.
  const lastHolders = topology.hosts.map(({ address }) => address).filter((host) => limit?.has(host) ?? true);
  await observer.observe([...lastHolders.map(askLastHolder), ...firstAsks]);
  return components.map((component) => settled.get(component) ?? component.settle(observer.facts, random));
}

function within(resource: Resource, limit: ReadonlySet<HostAddress> | undefined): boolean {
  return limit === undefined || limit.has(resource.host);
}

function concerns(check: Check, limit: ReadonlySet<HostAddress> | undefined): boolean {
  return limit === undefined || check.asks.length === 0 || check.asks.some((question) => limit.has(question.host));
}

/** By component, then by host as in the inventory, then as the component listed them. */
function inOrder(resources: readonly Resource[], { components, topology, limit }: PlanRequest): readonly Resource[] {
  const hostRank = new Map(topology.hosts.map((host, index) => [host.address, index]));
  const componentRank = new Map(components.map((component, index) => [component.name, index]));
  const rank = (resource: Resource) => [
    componentRank.get(resource.component) ?? components.length,
    hostRank.get(resource.host) ?? topology.hosts.length,
  ];
  const seen = new Set<string>();
  for (const { address } of resources) {
    if (seen.has(address)) throw new Error(`two components want ${address}`);
    seen.add(address);
  }
  return resources
    .filter((resource) => within(resource, limit))
    .map((resource) => ({ resource, rank: rank(resource) }))
    .sort((a, b) => (a.rank[0] ?? 0) - (b.rank[0] ?? 0) || (a.rank[1] ?? 0) - (b.rank[1] ?? 0))
    .map(({ resource }) => resource);
}

function asksOf(kinds: KindTable, resource: Resource) {
  return withKind(kinds, resource, (kind, wanted) => kind.asks(wanted));
}

function judge(resource: Resource, { kinds, observer }: PlanRequest): Judgement {
  return withKind(kinds, resource, (kind, wanted) => kind.judge(wanted, observer.facts));
}

function refusalsOf({ resource, judgement }: Judged): Diagnostic[] {
  if (judgement.is === 'unreadable') return [];
  return judgement.refusals.map((reason) => ({
    code: 'change-refused',
    severity: 'error',
    message: `${resource.address}: ${reason}`,
  }));
}

/** A host of which something cannot be read takes no part: nothing is changed there on half the knowledge. */
function toPlan(findings: readonly Judged[], diagnostics: readonly Diagnostic[]): Omit<Plan, 'oneByOne'> {
  const unreadable = findings.flatMap(({ resource, judgement }): Unreadable[] =>
    judgement.is === 'unreadable' ? [{ address: resource.address, host: resource.host, why: judgement.why }] : [],
  );
  const left = new Set(unreadable.map(({ host }) => host));
  const changes: Change[] = [];
  const hazards: Hazard[] = [];
  for (const { resource, judgement } of findings) {
    if (judgement.is === 'unreadable' || left.has(resource.host)) continue;
    const restart = judgement.fields.length === 0 ? restartFields(resource, changes) : [];
    if (judgement.fields.length === 0 && restart.length === 0) continue;
    const change: Change =
      restart.length > 0
        ? { verb: 'restart', resource, fields: restart }
        : { verb: judgement.verb, resource, fields: judgement.fields };
    changes.push(change);
    hazards.push(...hazardOfVerb(change), ...dangersOf(resource), ...judgement.hazards);
  }
  const parts = { changes, hazards: withoutRepeats(hazards), deferred: [] };
  return { ...parts, unreadable, diagnostics, digest: digestPlan(parts) };
}

function withoutRepeats(hazards: readonly Hazard[]): readonly Hazard[] {
  const byKey = new Map<string, Hazard>();
  // The later one wins: a kind that looked at the host says more than the resource could.
  for (const hazard of hazards) byKey.set(`${hazard.id} ${hazard.address}`, hazard);
  return [...byKey.values()];
}

function hazardOfVerb({ verb, resource }: Change): Hazard[] {
  if (verb === 'restart') return [];
  const id = resource.hazards?.[verb];
  return id === undefined ? [] : [{ id, address: resource.address, message: `${verb}s ${resource.address}` }];
}

function dangersOf({ dangers = [], address }: Resource): readonly Hazard[] {
  return dangers.map((danger) => ({ ...danger, address }));
}
