import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import { oneByOne } from './one-by-one.ts';
import type { SettledSection } from './settled.ts';

/** The virtual IP address of the API, held by one control-plane host after the other. */
export const keepalived: Component<SettledSection> = {
  name: 'keepalived',
  stage: 'hosts',
  discover,
  desired,
  checks,
  oneByOne,
};
