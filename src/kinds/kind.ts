import type { CloudConnection } from '../connections/cloud.ts';
import type { HostConnections } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import type { Ask, FactView } from '../core/fact.ts';
import type { Change, FieldChange, Hazard, Observed, Verb } from '../core/plan.ts';
import type { PartName } from '../core/part-name.ts';
import type { Resource } from '../core/resource.ts';
import type { PackageSource } from './package-source.ts';
import type { PartSource } from './part-source.ts';

/** What a kind's `write` may use. Readers alone cannot write: that is a compile error, not a habit. */
export interface Writers {
  readonly hosts: HostConnections;
  /** Undefined where nothing is made in a cloud. */
  readonly cloud?: CloudConnection | undefined;
  /** Undefined where there is no bundle with packages: the host's own repositories serve. */
  readonly packages: PackageSource | undefined;
  /** Programs and images of a bundle, or programs that were downloaded. Undefined where no change needs one (`Kind.needs`). */
  readonly parts: PartSource | undefined;
  /** Seconds until a host takes a guarded change back that nobody confirmed, 5–600. */
  readonly revertAfterSeconds: number;
  /** Tells the user which step of a longer write is under way. */
  step(text: string): void;
  /** Aborted by Ctrl-C: a write in hand ends in a consistent state, a wait ends early. */
  readonly signal: AbortSignal;
}

/**
 * How one kind of resource is read, compared and changed. R is the resource, S its state as it is seen on the host.
 * Only `write` changes anything.
 */
export interface Kind<R extends Resource, S> {
  /** `guarded` kinds can cut hosts off: one canary per role goes first, then waves, and the first failure stops the rest. */
  readonly rollout: 'parallel' | 'guarded';
  asks(wanted: R): readonly Ask[];
  /** Questions that only make sense, or are only worth their cost, after what the first answers say. */
  asksMore?(wanted: R, facts: FactView): readonly Ask[];
  /** What is left in doubt after the answers to `asksMore`. */
  asksAtLast?(wanted: R, facts: FactView): readonly Ask[];
  seen(wanted: R, facts: FactView): Observed<S>;
  /** What differs, empty when nothing has to be done. Never called with an unreadable state. */
  diff(wanted: R, seen: Observed<S>): readonly FieldChange[];
  /** The verb of a difference where it does not follow from presence alone (a unit that only wants a restart). */
  verb?(wanted: R, seen: Observed<S>, fields: readonly FieldChange[]): Verb;
  /** Dangers that only the observed state shows, beyond `resource.hazards`. */
  hazards?(wanted: R, seen: Observed<S>): readonly Hazard[];
  /** Reasons why this cannot be done at all, each with the way on. Any of them refuses the change. */
  refusals?(wanted: R, seen: Observed<S>): readonly string[];
  /** Hosts beyond its own of which something else is true once it is written. */
  touches?(wanted: R): readonly HostAddress[];
  /** Parts without which the change cannot be made. A run that cannot have one is refused before it begins. */
  needs?(change: Change<R>): readonly PartName[];
  write(change: Change<R>, writers: Writers): Promise<void>;
  /** Makes resources present that follow each other on one host, where that is quicker than one after the other. */
  writeTogether?(changes: readonly Change<R>[], writers: Writers): Promise<void>;
}
