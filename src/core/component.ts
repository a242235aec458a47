import type { HostAddress } from './address.ts';
import type { Check } from './check.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Ask, FactView } from './fact.ts';
import type { ComponentName, Resource } from './resource.ts';
import type { Topology } from './topology.ts';

/** How far a cluster is set up, in order. */
export const STAGES = ['provision', 'hosts', 'kubernetes', 'container-networking', 'addons'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * What a component must learn from the hosts before it knows what it wants (a VRID that was picked earlier, the
 * interface that leads to the VIP). The engine asks; `settle` is pure but for the `random` it is given.
 */
export interface Discovery<S> {
  readonly asks: readonly Ask[];
  settle(facts: FactView, random: () => number): { readonly section: S; readonly diagnostics: readonly Diagnostic[] };
}

/**
 * One part of the networking stack. All of it is pure: sections and topology in, values out.
 * S is the component's section of the configuration; undefined means "not wanted: everything of ours is absent".
 */
export interface Component<S> {
  readonly name: ComponentName;
  readonly stage: Stage;
  discover?(section: S | undefined, topology: Topology): Discovery<S | undefined>;
  desired(section: S | undefined, topology: Topology): readonly Resource[];
  checks(section: S | undefined, topology: Topology): readonly Check[];
  /**
   * The order in which hosts are changed one after the other, where what stands on them is in use and must not be
   * interrupted everywhere at once. Undefined: nothing is in use, all hosts beside each other.
   */
  oneByOne?(section: S | undefined, topology: Topology): readonly HostAddress[] | undefined;
  /** How many hosts of `oneByOne` at once, 1 or more. One where it is not given. */
  atOnce?(topology: Topology): number;
  /** What the user should know about this configuration, beyond what validation says. */
  remarks?(section: S | undefined, topology: Topology): readonly Diagnostic[];
}
