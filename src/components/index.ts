import type { Component } from '../core/component.ts';
import { firewall } from './firewall/index.ts';
import type { FirewallSection } from './firewall/schema.ts';
import { hosts } from './hosts/index.ts';
import { keepalived } from './keepalived/index.ts';
import type { KeepalivedSection } from './keepalived/schema.ts';

/** The section of each component, by its name. */
export interface Sections {
  readonly hosts: Record<string, never>;
  readonly firewall: FirewallSection;
  readonly keepalived: KeepalivedSection;
}

/** What the configuration wants of each component; undefined: nothing, everything of ours is absent. */
export type WantedSections = { readonly [N in keyof Sections]: Sections[N] | undefined };

type ComponentTable = { readonly [N in keyof Sections]: Component<Sections[N]> };

/**
 * THE ORDER in which components are set up; `reset` goes backwards. Hosts have to be fit first; rules must let in what
 * comes later; the address of the API must stand before there is a cluster. Leaving a component out does not compile.
 */
export const components: ComponentTable = { hosts, firewall, keepalived };

const ORDER = ['hosts', 'firewall', 'keepalived'] as const satisfies readonly (keyof Sections)[];

/** Fails to compile when a component has no place in the order. */
type Unordered = Exclude<keyof Sections, (typeof ORDER)[number]>;
const everyComponentIsOrdered: [Unordered] extends [never] ? true : Unordered = true;

/** Hands each component together with its own section to `visit`, in order. */
export function visitComponents<T>(
  sections: WantedSections,
  visit: <S>(component: Component<S>, section: S | undefined) => T,
): readonly T[] {
  const one = <N extends keyof Sections>(name: N): T => visit<Sections[N]>(components[name], sections[name]);
  return everyComponentIsOrdered ? ORDER.map((name) => one(name)) : [];
}
