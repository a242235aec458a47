import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import { remarks } from './remarks.ts';
import type { MetallbAddon } from './section.ts';

/** Addresses of services of type LoadBalancer, and who announces them. */
export const metallb: Component<MetallbAddon> = {
  name: 'metallb',
  stage: 'addons',
  discover,
  desired,
  checks,
  remarks,
};
