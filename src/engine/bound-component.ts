import type { HostAddress } from '../core/address.ts';
import type { Check } from '../core/check.ts';
import type { Component, Stage } from '../core/component.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Ask, FactView } from '../core/fact.ts';
import type { ComponentName, Resource } from '../core/resource.ts';
import type { Topology } from '../core/topology.ts';

/** What a component wants once everything it must learn first is known. */
export interface Wanted {
  readonly resources: readonly Resource[];
  /** Made when they are asked for: there are some of every host, and not every command wants them. */
  checks(): readonly Check[];
  readonly diagnostics: readonly Diagnostic[];
  /** See `Component.oneByOne`. */
  readonly oneByOne: readonly HostAddress[] | undefined;
  /** See `Component.atOnce`. */
  readonly atOnce: number;
}

/** A component together with its section: the section's type is nobody's business any more. */
export interface BoundComponent {
  readonly name: ComponentName;
  readonly stage: Stage;
  /** What has to be asked before `settle`; undefined where nothing has to be. */
  readonly discovery: readonly Ask[] | undefined;
  settle(facts: FactView, random: () => number): Wanted;
}

/** Binds a component to its section of the configuration. */
export function bindComponent<S>(component: Component<S>, section: S | undefined, topology: Topology): BoundComponent {
  const discovery = component.discover?.(section, topology);
  return {
    name: component.name,
    stage: component.stage,
    discovery: discovery?.asks,
    settle(facts, random) {
      const settled = discovery?.settle(facts, random) ?? { section, diagnostics: [] };
      return {
        resources: component.desired(settled.section, topology),
        checks: () => component.checks(settled.section, topology),
        oneByOne: component.oneByOne?.(settled.section, topology),
        atOnce: component.atOnce?.(topology) ?? 1,
        diagnostics: [...(component.remarks?.(settled.section, topology) ?? []), ...settled.diagnostics],
      };
    },
  };
}
