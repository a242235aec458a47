import type { Component } from '../../core/component.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import { preflightChecks } from './preflight-checks.ts';
import { remarks } from './remarks.ts';
import { type SettledRuntime, wantedOf } from './section.ts';

/** What runs below Kubernetes on every host: containerd, the kubelet's programs, images, and settings of the kernel. */
export const nodeRuntime: Component<SettledRuntime> = {
  name: 'node-runtime',
  stage: 'kubernetes',
  discover,
  desired,
  checks: (section, topology) => (wantedOf(section) === undefined ? [] : preflightChecks(topology.hosts, topology)),
  remarks,
};
