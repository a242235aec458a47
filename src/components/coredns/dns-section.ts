import type { ConfigPath, HostAddress } from '../../core/address.ts';
import type { DnsConfig } from './dns-schema.ts';

/** The place in cluster.yaml that asks for it. */
export const DNS_PATH: ConfigPath = ['spec', 'kubernetes', 'dns'];

/** A Corefile that is in use, and the same text with konvoy's part as it is wanted. */
export interface CorefileChange {
  readonly from: string;
  readonly to: string;
}

/** What the configuration says about names. */
export interface DnsSection {
  /** Undefined: nothing of konvoy's shall be in the Corefile. */
  readonly dns: DnsConfig | undefined;
  /** What was learnt of the cluster; undefined before anybody was asked, and where there is none. */
  readonly found?: Found | undefined;
}

export interface Found {
  /** The control-plane host whose API server is asked. */
  readonly at: HostAddress;
  /** What the names of Services and pods end with. */
  readonly domain: string;
  /** Undefined: there is nothing of konvoy's in the Corefile, and nothing is wanted. */
  readonly corefile: CorefileChange | undefined;
}
