import type { Component } from '../../core/component.ts';
import { checks } from './checks.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import type { KubeProxySection } from './section.ts';

/** What brings traffic for Services to pods. kubeadm sets it up and the user may change it; konvoy owns its mode. */
export const kubeProxy: Component<KubeProxySection> = {
  name: 'kube-proxy',
  stage: 'container-networking',
  discover,
  desired,
  checks,
};
