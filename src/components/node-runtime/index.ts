import type { Component } from '../../core/component.ts';
import { desired } from './desired.ts';
import { preflightChecks } from './preflight-checks.ts';
import { remarks } from './remarks.ts';
import type { NodeRuntimeSection } from './section.ts';

/** What runs below Kubernetes on every host: containerd, the kubelet's programs, images, and settings of the kernel. */
export const nodeRuntime: Component<NodeRuntimeSection> = {
  name: 'node-runtime',
  stage: 'kubernetes',
  desired,
  checks: (section, topology) => (section === undefined ? [] : preflightChecks(topology.hosts, topology)),
  remarks,
};
