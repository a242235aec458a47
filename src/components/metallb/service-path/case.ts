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

/** One link of the chain that brings a packet to a service's pods. */
export interface PathLink {
  readonly id: string;
  /** What is true when it holds. */
  readonly title: string;
  readonly verdict: 'fine' | 'broken' | 'unknown' | 'skipped';
  readonly summary: string;
  /** What speaks for the verdict, as it was read. */
  readonly evidence: readonly string[];
  readonly hint?: string;
}

/** What a judge of one link comes to. */
export type LinkFinding = Omit<PathLink, 'id' | 'title' | 'evidence'> & { readonly evidence?: readonly string[] };

/** It holds. */
export function fine(summary: string, ...evidence: readonly string[]): LinkFinding {
  return { verdict: 'fine', summary, evidence };
}

/** It is where the chain breaks. */
export function broken(summary: string, hint: string, ...evidence: readonly string[]): LinkFinding {
  return { verdict: 'broken', summary, hint, evidence };
}

/** There is nothing to judge, because of another link. */
export function skipped(summary: string): LinkFinding {
  return { verdict: 'skipped', summary };
}

/** It could not be read. */
export function unknown(summary: string): LinkFinding {
  return { verdict: 'unknown', summary };
}
