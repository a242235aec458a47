import { accepts, type AddressPool, type BalancedService, PoolIndex, usesOf } from '../../../core/address-pool.ts';
import { broken, fine, type LinkFinding, skipped } from '../../../core/path-link.ts';
import { judgeServed } from '../../../facts/judge-service.ts';
import type { BalancedServiceLine } from '../../../facts/metallb-state.ts';
import { poolsAmong } from '../address-pools.ts';
import { balancedServices } from '../live-services.ts';
import type { ServiceCase } from './case.ts';

/** The service's line among those of type LoadBalancer. */
export function lineOf({ state, namespace, name }: ServiceCase): BalancedServiceLine | undefined {
  return state.services.find((line) => line.namespace === namespace && line.name === name);
}

/** The first address that the service has. */
export function addressOf(found: ServiceCase): string | undefined {
  return lineOf(found)?.addresses[0];
}

/** The pool that the service's address is of. */
export function poolOfService(found: ServiceCase): AddressPool | undefined {
  const service = serviceOf(found);
  const index = new PoolIndex(poolsAmong(found.state.objects));
  return service?.addresses.map(({ value }) => index.poolOf(value)).find((pool) => pool !== undefined);
}

/** The service, where it is one of MetalLB's. */
function serviceOf(found: ServiceCase): BalancedService | undefined {
  const line = lineOf(found);
  return line === undefined ? undefined : balancedServices([line])[0];
}

/** Whether MetalLB serves it at all. */
export function judgeType(found: ServiceCase): LinkFinding {
  return judgeServed(found, lineOf(found)?.className ?? '', 'MetalLB', () => fine('LoadBalancer'));
}

function others(pools: readonly AddressPool[]): string {
  return `the pools are ${pools.map(({ name }) => name).join(', ')}`;
}

/** Whether there is a pool that may give it an address. */
export function judgePool(found: ServiceCase): LinkFinding {
  const service = serviceOf(found);
  if (service === undefined) return skipped('it is none of MetalLB’s services');
  const pools = poolsAmong(found.state.objects);
  if (pools.length === 0) {
    return broken('MetalLB has no address pool', 'give the addon metallb one: configInline.address-pools');
  }
  const index = new PoolIndex(pools);
  const stray = service.asksFor.find(({ value }) => index.poolOf(value) === undefined);
  if (stray !== undefined) {
    return broken(
      `it asks for ${stray.text}, which no pool has`,
      'ask for an address of a pool, or for none',
      others(pools),
    );
  }
  const { asksPool } = service;
  const asked = pools.find((pool) => pool.name === asksPool);
  if (asksPool !== undefined && asked === undefined) {
    return broken(
      `it asks for the pool ${asksPool}, which is not there`,
      'mend the annotation metallb.io/address-pool of the service',
      others(pools),
    );
  }
  const wants = service.asksFor[0];
  const open = pools.filter((pool) => accepts(pool, service));
  if (asked !== undefined && !open.includes(asked)) {
    return broken(
      `the pool ${asked.name} is not for this service`,
      'serviceAllocation of the pool says which namespaces and labels it is for',
    );
  }
  const given = poolOfService(found) ?? asked ?? (wants === undefined ? undefined : index.poolOf(wants.value));
  if (given !== undefined) return fine(given.name);
  const automatic = open.filter(({ autoAssign }) => autoAssign);
  if (automatic.length > 0) return fine(automatic.map(({ name }) => name).join(', '));
  return broken(
    'no pool gives addresses to services that do not ask for it',
    'set auto-assign of a pool to true, or annotate the service with metallb.io/address-pool',
    others(pools),
  );
}

const REFUSED = ['AllocationFailed', 'LoadBalancerFailed', 'ClearAssignment'];

/** Whether it has an address; else what was said of it. */
export function judgeAddress(found: ServiceCase): LinkFinding {
  const service = serviceOf(found);
  if (service === undefined) return skipped('it is none of MetalLB’s services');
  const { state, story, runtime } = found;
  const uses = usesOf(poolsAmong(state.objects), balancedServices(state.services));
  const use = uses.find(({ pool }) => pool.name === poolOfService(found)?.name);
  if (service.addresses.length > 0) {
    const from = use === undefined ? 'of no pool' : `of ${use.pool.name}, ${use.used} of ${use.capacity} used`;
    return fine(`${service.addresses.map(({ text }) => text).join(', ')} (${from})`);
  }
  const said = (story?.events ?? []).filter(({ reason }) => REFUSED.includes(reason)).map(({ message }) => message);
  const controller = runtime.pods.find(({ component }) => component === 'controller');
  if (controller?.ready !== true) {
    const why =
      controller === undefined ? 'there is no controller' : `the controller is ${controller.waits || 'not ready'}`;
    return broken(`${why}: nobody gives addresses`, '`konvoy check addons` says more', ...said.slice(-1));
  }
  const full = uses.filter(({ free, pool }) => free <= 0 && (service.asksPool ?? pool.name) === pool.name);
  const summary =
    full.length > 0 && full.length === uses.filter(({ pool }) => (service.asksPool ?? pool.name) === pool.name).length
      ? `it waits for an address: ${full.map(({ pool, capacity }) => `${pool.name} is full (${capacity})`).join(', ')}`
      : 'it waits for an address';
  return broken(
    summary,
    'add addresses to a pool that may serve it, or delete a service that has one',
    ...said.slice(-1),
  );
}
