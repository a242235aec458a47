import type { ConfigPath, HostAddress } from '../../core/address.ts';
import type { JsonObject } from '../../core/json.ts';

/** The place in cluster.yaml that asks for it. */
export const KUBE_PROXY_PATH: ConfigPath = ['spec', 'kubernetes', 'networking', 'kubeProxy'];

export type ProxyMode = 'iptables' | 'ipvs' | 'nftables';

/** What the configuration says about kube-proxy. */
export interface KubeProxySection {
  readonly mode: ProxyMode;
  /** Fields of KubeProxyConfiguration that are konvoy's, `mode` among them. All others are kubeadm's and the user's. */
  readonly fields: JsonObject;
  /** The control-plane host whose API server is asked; undefined before anybody looked. */
  readonly at?: HostAddress | undefined;
}
