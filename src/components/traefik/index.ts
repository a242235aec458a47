import type { AddonSection } from '../../core/addon.ts';
import type { Component } from '../../core/component.ts';
import { discoverSpeaker } from '../../facts/cluster-state.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';

/** What brings requests by name and path to services. */
export const traefik: Component<AddonSection> = {
  name: 'traefik',
  stage: 'addons',
  discover: discoverSpeaker,
  desired,
  checks,
};
