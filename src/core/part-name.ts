/** Names one part of what konvoy installs, such as `kubeadm` `1.36.3`. */
export interface PartName {
  readonly name: string;
  readonly version: string;
}
