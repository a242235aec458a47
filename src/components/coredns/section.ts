/** There is nothing to configure: the ConfigMap is kubeadm's and the user's. */
export type CoreDnsSection = Readonly<Record<never, never>>;
