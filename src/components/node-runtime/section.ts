/** How hosts reach the outside through a proxy. */
export interface Proxies {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** What is reached without one, konvoy's own entries included. */
  readonly none: readonly string[];
}

/** What the configuration says about what runs below Kubernetes on every host. */
export interface NodeRuntimeSection {
  readonly imageRepository: string;
  readonly cgroupDriver: 'systemd' | 'cgroupfs';
  /** Whether the kubelet runs beside active swap. */
  readonly allowsSwap: boolean;
  readonly proxies: Proxies;
}
