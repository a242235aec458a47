import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import { desired, imagesOf } from './desired.ts';
import { discover } from './discover.ts';
import type { CloudControllerSection } from './section.ts';

/** The image of AWS's cloud controller: on each control plane before a pod of it is to start there. */
export const cloudControllerImages: Component<CloudControllerSection> = {
  name: 'cloud-controller-images',
  stage: 'container-networking',
  desired: imagesOf,
  checks: () => [],
};

/** What initialises nodes on AWS, and makes load balancers for Services. */
export const cloudController: Component<CloudControllerSection> = {
  name: 'cloud-controller',
  stage: 'container-networking',
  discover,
  desired,
  checks,
};
