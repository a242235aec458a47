import type { ConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace, TextPosition } from '../core/diagnostic.ts';
import type { Cluster } from './cluster.ts';
import type { Inventory } from './inventory.ts';

/** Both files, each judged by itself, for laws that look at several values at once. */
export interface ConfigView {
  readonly cluster: Cluster;
  /** Undefined where there is no inventory file. */
  readonly inventory: Inventory | undefined;
  inCluster(path: ConfigPath, target?: 'key' | 'value'): DocumentPlace;
  inProvisioner(path: ConfigPath, target?: 'key' | 'value'): DocumentPlace;
  inInventory(path: ConfigPath, target?: 'key' | 'value'): DocumentPlace;
  /** Whether a value stands in cluster.yaml; otherwise it is a default of ours. */
  isWritten(path: ConfigPath): boolean;
  /** Whether a value of cluster.yaml is not already known to be wrong. */
  isSound(path: ConfigPath): boolean;
  /** `file:line:column` of a place, for messages that name two. */
  where(place: DocumentPlace): string;
  locate(place: DocumentPlace): TextPosition;
}

/** A law across sections. Pure; tells everything that breaks it. */
export type Constraint = (config: ConfigView) => readonly Diagnostic[];
