import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import { remarks } from './remarks.ts';
import type { FirewallSection } from './schema.ts';

/** The node firewall: konvoy's rules in chain INPUT of every host. */
export const firewall: Component<FirewallSection> = {
  name: 'firewall',
  stage: 'hosts',
  desired,
  checks,
  remarks,
};
