import type { Resource, ResourceKind, ResourceOfKind } from '../core/resource.ts';
import type { JudgingKind } from './judgement.ts';

/** One entry for each kind of resource. Leaving one out does not compile. */
export type KindTable = { readonly [K in ResourceKind]: JudgingKind<ResourceOfKind<K>> };

/** Hands a resource together with its own kind to `use`. A kind without a case here does not compile either. */
export function withKind<T>(
  kinds: KindTable,
  resource: Resource,
  use: <R extends Resource>(kind: JudgingKind<R>, resource: R) => T,
): T {
  switch (resource.kind) {
    case 'file':
      return use(kinds.file, resource);
    case 'package':
      return use(kinds.package, resource);
    case 'unit':
      return use(kinds.unit, resource);
    case 'iptables-rules':
      return use(kinds['iptables-rules'], resource);
    case 'foreign-firewall':
      return use(kinds['foreign-firewall'], resource);
    case 'cluster-member':
      return use(kinds['cluster-member'], resource);
    case 'node':
      return use(kinds.node, resource);
    case 'kube-object':
      return use(kinds['kube-object'], resource);
    case 'kube-secret':
      return use(kinds['kube-secret'], resource);
    case 'pod-network':
      return use(kinds['pod-network'], resource);
    case 'route-reflectors':
      return use(kinds['route-reflectors'], resource);
    case 'helm-release':
      return use(kinds['helm-release'], resource);
    case 'cluster-dns':
      return use(kinds['cluster-dns'], resource);
    case 'kube-proxy':
      return use(kinds['kube-proxy'], resource);
    case 'program':
      return use(kinds.program, resource);
    case 'images':
      return use(kinds.images, resource);
    case 'sysctl':
      return use(kinds.sysctl, resource);
    case 'kernel-module':
      return use(kinds['kernel-module'], resource);
    case 'swap':
      return use(kinds.swap, resource);
    case 'program-copy':
      return use(kinds['program-copy'], resource);
    case 'security-group':
      return use(kinds['security-group'], resource);
    case 'target-group':
      return use(kinds['target-group'], resource);
    case 'load-balancer':
      return use(kinds['load-balancer'], resource);
    case 'tags':
      return use(kinds.tags, resource);
    case 'source-destination-check':
      return use(kinds['source-destination-check'], resource);
  }
}
