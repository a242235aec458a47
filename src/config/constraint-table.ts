import type { Constraint } from './constraint.ts';

/** Every law across sections. The order does not matter: what they find is sorted by position. */
export const CONSTRAINTS: readonly Constraint[] = [];
