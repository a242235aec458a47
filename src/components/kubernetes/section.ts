import type { HostAddress } from '../../core/address.ts';
import type { JsonObject } from '../../core/json.ts';
import type { NodeTaint } from '../../core/resource.ts';
import type { AwsPlace } from '../../facts/aws-nodes.ts';
import type { ClusterState } from '../../facts/cluster-state.ts';

/** A node pool's marks on its nodes. */
export interface PoolMarks {
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly taints: readonly NodeTaint[];
}

/** What the configuration says about the cluster. */
export interface KubernetesSection {
  readonly imageRepository: string;
  /** More names and addresses in the certificate of the API server. */
  readonly subjectAlternativeNames: readonly string[];
  readonly admissionPlugins: { readonly enabled: readonly string[]; readonly disabled: readonly string[] };
  /** Names of kubeadm's preflight checks that do not stop it; `all` stands for each. */
  readonly errorsToIgnore: readonly string[];
  readonly etcdArgs: readonly { readonly name: string; readonly value: string }[];
  /** An image of etcd that is not the one kubeadm would choose. */
  readonly etcdImage: { readonly imageRepository: string | undefined; readonly imageTag: string | undefined };
  /** The cgroup below which the kubelet puts all pods. */
  readonly cgroupRoot: string | undefined;
  /** What of a node is kept from pods, by resource. */
  readonly kubeReserved: Readonly<Record<string, string>>;
  /** Over the kubelet's configuration. */
  readonly kubeletExtra: Readonly<Record<string, unknown>>;
  /** Fields of kube-proxy's configuration, `mode` among them. */
  readonly kubeProxyFields: JsonObject;
  /** By the name of the pool. */
  readonly pools: Readonly<Record<string, PoolMarks>>;
  /** The cluster as it is, and a host whose API server says so; undefined before anybody was asked, and where there is none. */
  readonly found?: { readonly at: HostAddress; readonly state: ClusterState } | undefined;
  /** Where its machines are on AWS; undefined: elsewhere. */
  readonly aws?: AwsPlace | undefined;
  /** Which machine of the cloud each host is, as far as it is known. */
  readonly providerIds?: ReadonlyMap<HostAddress, string> | undefined;
  /** The control plane that has the virtual address; undefined where nobody has, or nobody asked. */
  readonly holder?: HostAddress | undefined;
}
