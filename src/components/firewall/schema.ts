/** `spec.kubernetes.networking.iptables`. */
export interface FirewallSection {
  readonly addDefaultRules: boolean;
  readonly addDerivedRules: boolean;
}
