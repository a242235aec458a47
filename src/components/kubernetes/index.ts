import type { Component } from '../../core/component.ts';
import { certificateChecks } from './certificate-checks.ts';
import { clusterChecks } from './checks.ts';
import { discoverControlPlane, discoverNodes } from './discover.ts';
import { healthChecks } from './health-checks.ts';
import { controlPlanesInTurn, membersOf, workersInTurn } from './members.ts';
import { nodesOf } from './node-pools.ts';
import type { KubernetesSection } from './section.ts';

/** The control plane: its first host founds the cluster, the others join it one after the other. */
export const controlPlane: Component<KubernetesSection> = {
  name: 'control-plane',
  stage: 'kubernetes',
  discover: discoverControlPlane,
  desired: (section, topology) => membersOf('control-plane', section, topology),
  checks: (section, topology) => [
    ...healthChecks('control-plane', section, topology),
    ...clusterChecks(section, topology),
    ...certificateChecks(section, topology),
  ],
  oneByOne: controlPlanesInTurn,
};

/** The hosts that run the pods of users. */
export const workers: Component<KubernetesSection> = {
  name: 'workers',
  stage: 'kubernetes',
  desired: (section, topology) => membersOf('worker', section, topology),
  checks: (section, topology) => healthChecks('worker', section, topology),
  oneByOne: workersInTurn,
  atOnce: ({ upgrade }) => upgrade?.workersAtOnce ?? 1,
};

/** Labels and taints of the nodes, by pool; nodes whose hosts are gone from the inventory leave. */
export const nodePools: Component<KubernetesSection> = {
  name: 'node-pools',
  stage: 'kubernetes',
  discover: discoverNodes,
  desired: nodesOf,
  checks: () => [],
};
