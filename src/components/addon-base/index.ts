import type { Component } from '../../core/component.ts';
import { discoverSpeaker } from '../../facts/cluster-state.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import type { AddonsSection } from './section.ts';

/** What addons stand on, before the first of them. */
export const addonBase: Component<AddonsSection> = {
  name: 'addon-base',
  stage: 'addons',
  discover: discoverSpeaker,
  desired,
  checks,
};
