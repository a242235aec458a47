import type { HostAddress } from '../../core/address.ts';
import type { Secret, Text } from '../../core/secret.ts';
import type { RegistryServer } from './registry-server.ts';

/** How hosts reach the outside through a proxy. An address with a password in it is a secret. */
export interface Proxies {
  readonly http: Text | undefined;
  readonly https: Text | undefined;
  /** What is reached without one, konvoy's own entries included. */
  readonly none: readonly string[];
}

/** A registry of images that the configuration names. */
export interface ImageRegistry {
  readonly server: RegistryServer;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly auth: Secret | undefined;
  readonly identityToken: Secret | undefined;
  /** Whether every image is looked for here first. */
  readonly isDefault: boolean;
}

/** What the user writes for containerd. */
export interface OwnContainerdConfig {
  /** TOML. */
  readonly text: Secret;
  /** Whether it is the whole file, or merged with ours. */
  readonly replaces: boolean;
}

/** An image of etcd that is not the one kubeadm would choose. */
export interface OwnEtcdImage {
  readonly imageRepository: string | undefined;
  readonly imageTag: string | undefined;
}

/** What the configuration says about what runs below Kubernetes on every host. */
export interface NodeRuntimeSection {
  readonly imageRepository: string;
  readonly etcdImage: OwnEtcdImage;
  readonly cgroupDriver: 'systemd' | 'cgroupfs';
  /** Whether the kubelet runs beside active swap. */
  readonly allowsSwap: boolean;
  readonly proxies: Proxies;
  readonly registries: readonly ImageRegistry[];
  readonly containerd: OwnContainerdConfig | undefined;
  /** The registries that each host's containerd has files for; undefined before anybody was asked. */
  readonly found?: FoundRegistries;
  /** The releases of the kubelets that run, by node. Only asked where they may go to another one. */
  readonly kubelets?: ReadonlyMap<HostAddress, string>;
}

/** By host: what stands before the names of a registry's images. */
export type FoundRegistries = ReadonlyMap<HostAddress, readonly string[]>;

/** Nothing is wanted any more, and this is what there is. */
export interface LeavingRuntime {
  readonly leaves: true;
  readonly found: FoundRegistries;
}

export type SettledRuntime = NodeRuntimeSection | LeavingRuntime;

/** The section where something is wanted. */
export function wantedOf(settled: SettledRuntime | undefined): NodeRuntimeSection | undefined {
  return settled === undefined || 'leaves' in settled ? undefined : settled;
}
