import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';

/** The machines themselves: nothing is put on them, but they must be fit for everything else. */
export const hosts: Component<HostsSection> = {
  name: 'hosts',
  stage: 'hosts',
  desired: () => [],
  checks,
};

/** There is nothing to configure. */
export type HostsSection = Readonly<Record<never, never>>;
