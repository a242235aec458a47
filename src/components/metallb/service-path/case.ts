import type { HostAddress } from '../../../core/address.ts';
import type { Answer } from '../../../core/fact.ts';
import type { FilterTable } from '../../../core/filter-table.ts';
import type { AddressProbe } from '../../../facts/address-probe.ts';
import type { ArpAnswer } from '../../../facts/arp-answer.ts';
import type { ClusterNode } from '../../../facts/cluster-state.ts';
import type { NetworkInterface } from '../../../facts/ip-address.ts';
import type { MetallbRuntime } from '../../../facts/metallb-runtime.ts';
import type { MetallbState } from '../../../facts/metallb-state.ts';
import type { ServiceRules } from '../../../facts/service-rules.ts';
import type { ServiceStory } from '../../../facts/service-story.ts';
import type { WantedSession } from '../bgp-peers.ts';

/** One table of rules on a node, by the name that a person finds it under. */
export interface NamedTable {
  /** `iptables (nft)`, `table raw of iptables (legacy)`. */
  readonly name: string;
  readonly chain: 'INPUT' | 'PREROUTING' | 'FORWARD';
  readonly table: FilterTable;
}

/** What a node that announces the service was asked. */
export interface AnnouncingNode {
  readonly node: HostAddress;
  readonly rules: Answer<ServiceRules>;
  readonly tables: Answer<readonly NamedTable[]>;
  readonly links: Answer<readonly NetworkInterface[]>;
}

/** Everything that is known of one service's way in. */
export interface ServiceCase {
  readonly namespace: string;
  readonly name: string;
  /** Undefined: there is no such service. */
  readonly story: ServiceStory | undefined;
  readonly nodes: readonly ClusterNode[];
  readonly state: MetallbState;
  readonly runtime: MetallbRuntime;
  /** In the order of their names. */
  readonly announcing: readonly AnnouncingNode[];
  /** Sessions that these nodes should have, and whether they have them. */
  readonly sessions: readonly { readonly session: WantedSession; readonly established: Answer<boolean> }[];
  /** Asked by another host on the wire; undefined: there is none, or nothing to ask for. */
  readonly arp: { readonly from: HostAddress; readonly answer: Answer<ArpAnswer> } | undefined;
  /** Asked by the machine that runs konvoy; undefined: there is nothing to ask for. */
  readonly reach: Answer<AddressProbe> | undefined;
}
