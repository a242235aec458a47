import { clusterDnsKind } from './cluster-dns.ts';
import { clusterMemberKind } from './cluster-member.ts';
import type { KindTable } from './dispatch.ts';
import { fileKind } from './file.ts';
import { foreignFirewallKind } from './foreign-firewall.ts';
import { helmReleaseKind } from './helm-release.ts';
import { imagesKind } from './images.ts';
import { iptablesRulesKind } from './iptables-rules.ts';
import { judging } from './judgement.ts';
import { kubeObjectKind } from './kube-object.ts';
import { kubeSecretKind } from './kube-secret.ts';
import { kubeProxyKind } from './kube-proxy.ts';
import { nodeKind } from './node.ts';
import { packageKind } from './package.ts';
import { podNetworkKind } from './pod-network.ts';
import { programKind } from './program.ts';
import { routeReflectorsKind } from './route-reflectors.ts';
import { kernelModuleKind } from './kernel-module.ts';
import { programCopyKind } from './program-copy.ts';
import { swapKind } from './swap.ts';
import { loadBalancerKind } from './load-balancer.ts';
import { securityGroupKind } from './security-group.ts';
import { sourceDestinationCheckKind } from './source-destination-check.ts';
import { tagsKind } from './tags.ts';
import { targetGroupKind } from './target-group.ts';
import { sysctlKind } from './sysctl.ts';
import { unitKind } from './unit.ts';

/** How each kind of resource is read, compared and changed. Leaving a kind out does not compile. */
export const kinds: KindTable = {
  file: judging(fileKind),
  package: judging(packageKind),
  unit: judging(unitKind),
  'iptables-rules': judging(iptablesRulesKind),
  'foreign-firewall': judging(foreignFirewallKind),
  'cluster-member': judging(clusterMemberKind),
  node: judging(nodeKind),
  'kube-object': judging(kubeObjectKind),
  'kube-secret': judging(kubeSecretKind),
  'pod-network': judging(podNetworkKind),
  'route-reflectors': judging(routeReflectorsKind),
  'helm-release': judging(helmReleaseKind),
  'cluster-dns': judging(clusterDnsKind),
  'kube-proxy': judging(kubeProxyKind),
  program: judging(programKind),
  images: judging(imagesKind),
  sysctl: judging(sysctlKind),
  'kernel-module': judging(kernelModuleKind),
  swap: judging(swapKind),
  'program-copy': judging(programCopyKind),
  'security-group': judging(securityGroupKind),
  'target-group': judging(targetGroupKind),
  'load-balancer': judging(loadBalancerKind),
  tags: judging(tagsKind),
  'source-destination-check': judging(sourceDestinationCheckKind),
};
