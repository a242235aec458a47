import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import type { CoreDnsSection } from './section.ts';

/** The names of Services and pods. kubeadm sets it up and the user may change it: konvoy looks, and never takes back. */
export const coreDns: Component<CoreDnsSection> = {
  name: 'coredns',
  stage: 'kubernetes',
  desired: () => [],
  checks,
};
