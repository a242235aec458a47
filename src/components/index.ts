import type { AddonSection } from '../core/addon.ts';
import type { Component } from '../core/component.ts';
import { addonBase } from './addon-base/index.ts';
import type { AddonsSection } from './addon-base/section.ts';
import { awsNlb, awsTargets } from './aws-nlb/index.ts';
import type { AwsSection } from './aws-nlb/section.ts';
import { calico, calicoImages } from './calico/index.ts';
import type { CalicoSection } from './calico/section.ts';
import { cloudController, cloudControllerImages } from './cloud-controller/index.ts';
import type { CloudControllerSection } from './cloud-controller/section.ts';
import { clusterDns } from './coredns/cluster-dns.ts';
import type { DnsSection } from './coredns/dns-section.ts';
import { coreDns } from './coredns/index.ts';
import type { CoreDnsSection } from './coredns/section.ts';
import { extras } from './extras/index.ts';
import type { ExtrasSection } from './extras/section.ts';
import { firewall } from './firewall/index.ts';
import type { FirewallSection } from './firewall/schema.ts';
import { type HostsSection, hosts } from './hosts/index.ts';
import { keepalived } from './keepalived/index.ts';
import type { SettledSection } from './keepalived/settled.ts';
import { kubeProxy } from './kube-proxy/index.ts';
import type { KubeProxySection } from './kube-proxy/section.ts';
import { controlPlane, nodePools, workers } from './kubernetes/index.ts';
import type { KubernetesSection } from './kubernetes/section.ts';
import { metallb } from './metallb/index.ts';
import type { MetallbAddon } from './metallb/section.ts';
import { nodeRuntime } from './node-runtime/index.ts';
import { routeReflectors } from './route-reflectors/index.ts';
import type { RouteReflectorsSection } from './route-reflectors/section.ts';
import { traefik } from './traefik/index.ts';
import type { SettledRuntime } from './node-runtime/section.ts';

/** The type of each component's section, by the component's name. */
interface SectionTypes {
  readonly 'aws-nlb': AwsSection;
  readonly 'aws-targets': AwsSection;
  readonly hosts: HostsSection;
  readonly firewall: FirewallSection;
  readonly keepalived: SettledSection;
  readonly 'node-runtime': SettledRuntime;
  readonly 'calico-images': CalicoSection;
  readonly 'control-plane': KubernetesSection;
  readonly workers: KubernetesSection;
  readonly 'node-pools': KubernetesSection;
  readonly 'cloud-controller-images': CloudControllerSection;
  readonly 'cloud-controller': CloudControllerSection;
  readonly calico: CalicoSection;
  readonly coredns: CoreDnsSection;
  readonly 'kube-proxy': KubeProxySection;
  readonly 'cluster-dns': DnsSection;
  readonly extras: ExtrasSection;
  readonly 'route-reflectors': RouteReflectorsSection;
  readonly 'addon-base': AddonsSection;
  readonly metallb: MetallbAddon;
  readonly traefik: AddonSection;
}

type SectionName = keyof SectionTypes;

/** What the configuration wants of each component; undefined: nothing, everything of ours is absent. */
export type Sections = { readonly [N in keyof SectionTypes]: SectionTypes[N] | undefined };

/** Nothing is wanted of any component: what `reset` makes of every host. */
export const NO_SECTIONS: Sections = {
  'aws-nlb': undefined,
  'aws-targets': undefined,
  hosts: undefined,
  firewall: undefined,
  keepalived: undefined,
  'node-runtime': undefined,
  'calico-images': undefined,
  'control-plane': undefined,
  workers: undefined,
  'node-pools': undefined,
  'cloud-controller-images': undefined,
  'cloud-controller': undefined,
  calico: undefined,
  coredns: undefined,
  'kube-proxy': undefined,
  'cluster-dns': undefined,
  extras: undefined,
  'route-reflectors': undefined,
  'addon-base': undefined,
  metallb: undefined,
  traefik: undefined,
};

type ComponentTable = { readonly [N in SectionName]: Component<SectionTypes[N]> };

/** Leaving a component out does not compile. */
const components: ComponentTable = {
  'aws-nlb': awsNlb,
  'aws-targets': awsTargets,
  hosts,
  firewall,
  keepalived,
  'node-runtime': nodeRuntime,
  'calico-images': calicoImages,
  'control-plane': controlPlane,
  workers,
  'node-pools': nodePools,
  'cloud-controller-images': cloudControllerImages,
  'cloud-controller': cloudController,
  calico,
  coredns: coreDns,
  'kube-proxy': kubeProxy,
  'cluster-dns': clusterDns,
  extras,
  'route-reflectors': routeReflectors,
  'addon-base': addonBase,
  metallb,
  traefik,
};

/**
 * THE ORDER in which components are set up; `reset` goes backwards. Rules must let in what comes later; the address of
 * the API must stand before there is a cluster; a node starts Calico as soon as it has joined, so the images come before.
 * Only what tolerates it starts on a node that the cloud's controller has not initialised, and Calico's Deployment does not.
 * Traefik's service gets its address from MetalLB.
 */
const ORDER: readonly SectionName[] = [
  'aws-nlb',
  'hosts',
  'firewall',
  'keepalived',
  'node-runtime',
  'calico-images',
  'control-plane',
  'aws-targets',
  'workers',
  'node-pools',
  'cloud-controller-images',
  'cloud-controller',
  'coredns',
  'kube-proxy',
  'calico',
  'route-reflectors',
  'cluster-dns',
  'extras',
  'addon-base',
  'metallb',
  'traefik',
];

/** Hands each component together with its own section to `visit`, in order. */
export function visitComponents<T>(
  sections: Sections,
  visit: <S>(component: Component<S>, section: S | undefined) => T,
): readonly T[] {
  const one = <N extends SectionName>(name: N): T => visit<SectionTypes[N]>(components[name], sections[name]);
  return ORDER.map((name) => one(name));
}
