import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import type { RouteReflectorsSection } from './section.ts';

/** Who tells the nodes of each other's routes: route reflectors, or every node every other one. */
export const routeReflectors: Component<RouteReflectorsSection> = {
  name: 'route-reflectors',
  stage: 'container-networking',
  discover,
  desired,
  checks,
};
