import type { HostAddress } from '../core/address.ts';
import type { Ask, FactView } from '../core/fact.ts';
import type { Change, FieldChange, Hazard, Verb } from '../core/plan.ts';
import type { PartName } from '../core/part-name.ts';
import type { Resource } from '../core/resource.ts';
import type { Kind, Writers } from './kind.ts';

/** What a kind says about one resource after its facts were read. */
export type Judgement =
  | { readonly is: 'unreadable'; readonly why: string }
  | {
      readonly is: 'judged';
      readonly present: boolean;
      /** Empty: nothing to do. */
      readonly fields: readonly FieldChange[];
      readonly verb: Verb;
      readonly hazards: readonly Hazard[];
      readonly refusals: readonly string[];
    };

/** A kind whose state type is nobody's business: what the engine works with. */
export interface JudgingKind<R extends Resource> {
  readonly rollout: Kind<R, unknown>['rollout'];
  asks(wanted: R): readonly Ask[];
  asksMore(wanted: R, facts: FactView): readonly Ask[];
  asksAtLast(wanted: R, facts: FactView): readonly Ask[];
  judge(wanted: R, facts: FactView): Judgement;
  touches(wanted: R): readonly HostAddress[];
  needs(change: Change<R>): readonly PartName[];
  write(change: Change<R>, writers: Writers): Promise<void>;
  writeTogether?(changes: readonly Change<R>[], writers: Writers): Promise<void>;
}

/** Closes over the state type of a kind, so that kinds with different states fit into one table without casts. */
export function judging<R extends Resource, S>(kind: Kind<R, S>): JudgingKind<R> {
  return {
    rollout: kind.rollout,
    asks: (wanted) => kind.asks(wanted),
    asksMore: (wanted, facts) => kind.asksMore?.(wanted, facts) ?? [],
    asksAtLast: (wanted, facts) => kind.asksAtLast?.(wanted, facts) ?? [],
    touches: (wanted) => kind.touches?.(wanted) ?? [],
    needs: (change) => kind.needs?.(change) ?? [],
    write: (change, writers) => kind.write(change, writers),
    ...(kind.writeTogether === undefined ? {} : { writeTogether: kind.writeTogether }),
    judge(wanted, facts) {
      const seen = kind.seen(wanted, facts);
      if (seen.is === 'unreadable') return { is: 'unreadable', why: seen.why };
      const present = seen.is === 'present';
      const fields = kind.diff(wanted, seen);
      const usual: Verb = wanted.ensure === 'absent' ? 'delete' : present ? 'update' : 'create';
      if (fields.length === 0) return { is: 'judged', present, fields, verb: usual, hazards: [], refusals: [] };
      const verb = kind.verb?.(wanted, seen, fields) ?? usual;
      return {
        is: 'judged',
        present,
        fields,
        verb,
        hazards: kind.hazards?.(wanted, seen) ?? [],
        refusals: kind.refusals?.(wanted, seen) ?? [],
      };
    },
  };
}
