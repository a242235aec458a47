import type { AddonSection } from '../../core/addon.ts';
import type { Component } from '../../core/component.ts';
import { discoverSpeaker } from '../../facts/cluster-state.ts';

/** Addresses of services of type LoadBalancer, and who announces them. */
export const metallb: Component<AddonSection> = {
  name: 'metallb',
  stage: 'addons',
  discover: discoverSpeaker,
  desired: () => [],
  checks: () => [],
};
