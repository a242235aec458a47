import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import { imagesOf } from './images.ts';
import type { CalicoSection } from './section.ts';

/** Calico's images: on each host before its kubelet starts what needs them. */
export const calicoImages: Component<CalicoSection> = {
  name: 'calico-images',
  stage: 'container-networking',
  desired: imagesOf,
  checks: () => [],
};

/** The network of pods. */
export const calico: Component<CalicoSection> = {
  name: 'calico',
  stage: 'container-networking',
  discover,
  desired,
  checks,
};
