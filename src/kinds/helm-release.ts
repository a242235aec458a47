import type { HelmReleaseResource } from '../core/resource.ts';
import type { Kind } from './kind.ts';

/** A release of Helm. */
export const helmReleaseKind: Kind<HelmReleaseResource, never> = {
  rollout: 'parallel',
  asks: () => [],
  seen: () => ({ is: 'unreadable', why: 'not yet' }),
  diff: () => [],
  write: async () => {
    throw new Error('not yet');
  },
};
