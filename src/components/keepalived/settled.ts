import type { HostAddress } from '../../core/address.ts';
import type { KeepalivedSection } from './schema.ts';

/** What was learned from the hosts. */
export interface Found {
  /** By host: the interface that leads to the virtual address. Hosts that could not be read are missing. */
  readonly interfaces: ReadonlyMap<HostAddress, string>;
  /** The configured, kept or picked virtual router id. Undefined where it could not be settled. */
  readonly vrid: number | undefined;
  /** Whether address, interface or router id differ from what some host has now: the address then changes hands. */
  readonly moves: boolean;
  /** Who has the address now. */
  readonly holders: readonly HostAddress[];
}

/** The section together with what discovery found; without it (`konvoy render`) the hosts were not asked. */
export type SettledSection = KeepalivedSection & { readonly found?: Found };
