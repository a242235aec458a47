import type { HostAddress, ResourceAddress } from './address.ts';
import { type Diagnostic, hasErrors } from './diagnostic.ts';
import type { ComponentName, Resource } from './resource.ts';

/** What is there now. Never null, never a guessed default. */
export type Observed<S> =
  | { readonly is: 'present'; readonly state: S }
  | { readonly is: 'absent' }
  | { readonly is: 'unreadable'; readonly why: string };

export type Verb = 'create' | 'update' | 'delete' | 'restart';

/**
 * One difference between what is there and what is wanted. Texts may have many lines (a file's content); renderers
 * show those as a line diff. A missing side means that there is nothing on it. Secrets come as their digest.
 */
export interface FieldChange {
  readonly field: string;
  readonly before?: string;
  readonly after?: string;
}

/** Something to do to one resource. */
export interface Change<R extends Resource = Resource> {
  readonly verb: Verb;
  readonly resource: R;
  readonly fields: readonly FieldChange[];
}

/** Dangers that apply refuses without `--accept ID` or `--accept ID@HOST`. Each stands in docs/reference/hazards.md. */
export const HAZARD_IDS = [
  'locks-out-ssh',
  'closes-cluster-ports',
  'disables-foreign-firewall',
  'replaces-foreign-file',
  'moves-vip',
  'removes-vip',
  'removes-node',
  'changes-encapsulation',
  'changes-pod-mtu',
  'changes-proxy-mode',
  'upgrades-kubernetes',
  'skips-host-keys',
  'shrinks-pool-in-use',
  'drops-last-route-reflector',
  'rebuilds-bgp-routes',
  'skips-unready-node',
  'adopts-foreign-release',
  'removes-used-addon',
] as const;
export type HazardId = (typeof HAZARD_IDS)[number];

/** A danger of one change. `address` is the resource's, or the host's. */
export interface Hazard {
  readonly id: HazardId;
  readonly address: ResourceAddress;
  readonly message: string;
}

/** Something that a later stage will read; it cannot be judged yet. */
export interface Deferred {
  readonly address: ResourceAddress;
  readonly until: string;
}

/** Something that should be readable now and is not. It stops the stage for its host. */
export interface Unreadable {
  readonly address: ResourceAddress;
  readonly host: HostAddress;
  readonly why: string;
}

/** The hosts of a component whose changes wait for each other, in order. */
export interface OneByOne {
  readonly component: ComponentName;
  readonly hosts: readonly HostAddress[];
  /** How many of them at once, 1 or more. */
  readonly atOnce: number;
}

/** A plan is a value: printing it is the dry run, walking it is apply. */
export interface Plan {
  readonly changes: readonly Change[];
  /** Components that are in use; those not named here are changed on many hosts at once. */
  readonly oneByOne: readonly OneByOne[];
  readonly deferred: readonly Deferred[];
  readonly unreadable: readonly Unreadable[];
  readonly hazards: readonly Hazard[];
  /** What the components want to say; an error among them refuses apply. */
  readonly diagnostics: readonly Diagnostic[];
  /** SHA-256 over everything that would be done, hexadecimal. Two plans with one digest would do the same. */
  readonly digest: string;
}

/** Whether everything could be read, and nothing stands in the way of doing it. */
export function isComplete({ unreadable, diagnostics }: Plan): boolean {
  return unreadable.length === 0 && !hasErrors(diagnostics);
}
