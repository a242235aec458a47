import type { Component } from '../../core/component.ts';
import { discoverSpeaker } from '../../facts/cluster-state.ts';
import { desired } from './desired.ts';
import type { AddonsSection } from './section.ts';

/** What addons stand on, before the first of them. */
export const addons: Component<AddonsSection> = {
  name: 'addons',
  stage: 'addons',
  discover: discoverSpeaker,
  desired,
  checks: () => [],
};
