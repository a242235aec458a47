/** `spec.kubernetes.controlPlane.keepalived`. The key's presence turns keepalived on. */
export interface KeepalivedSection {
  /** Undefined: found on each host from the route to the VIP. */
  readonly interface?: string | undefined;
  /** Virtual router id, 1–255. Undefined: read back from the hosts, or picked at random once. */
  readonly vrid?: number | undefined;
}
