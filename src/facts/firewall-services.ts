import type { HostAddress } from '../core/address.ts';
import { type Answer, type Ask, ask, type FactView } from '../core/fact.ts';
import { fileContent } from './file-content.ts';
import { fileStat } from './file-stat.ts';
import { unitState } from './unit-state.ts';

export const FOREIGN_FIREWALLS = ['firewalld', 'ufw'] as const;
export type ForeignFirewallName = (typeof FOREIGN_FIREWALLS)[number];

/** Where konvoy notes, root-only, which firewalls it stopped on a host and how they were. */
export const FOREIGN_FIREWALL_RECORD = '/var/lib/konvoy/foreign-firewall';

export interface FirewallServices {
  /** Firewalls that govern the host now, or will at the next boot. */
  readonly active: readonly ForeignFirewallName[];
  /** Firewalls that konvoy stopped earlier and that should run again when our rules go. */
  readonly stoppedByKonvoy: readonly ForeignFirewallName[];
}

function questions(host: HostAddress) {
  return {
    firewalld: ask(unitState, host, { unit: 'firewalld.service' }),
    ufwSwitch: ask(fileContent, host, { path: '/etc/ufw/ufw.conf' }),
    ufwProgram: ask(fileStat, host, { path: '/usr/sbin/ufw' }),
    record: ask(fileContent, host, { path: FOREIGN_FIREWALL_RECORD }),
  };
}

/** The questions whose answers `readFirewallServices` reads: ordinary ones, which go together with others. */
export function askFirewallServices(host: HostAddress): readonly Ask[] {
  return Object.values(questions(host));
}

function isFirewallName(word: string | undefined): word is ForeignFirewallName {
  return FOREIGN_FIREWALLS.some((name) => name === word);
}

/**
 * Which other firewall programs govern a host, and which konvoy stopped. ufw's unit is active on hosts where ufw is
 * turned off, so its own switch in ufw.conf decides, where ufw has not been removed with its configuration left behind.
 * A firewalld that is enabled but stopped would come back with the next boot and counts as active.
 */
export function readFirewallServices(host: HostAddress, facts: FactView): Answer<FirewallServices> {
  const asked = questions(host);
  const firewalld = facts.get(asked.firewalld);
  const ufwSwitch = facts.get(asked.ufwSwitch);
  const ufwProgram = facts.get(asked.ufwProgram);
  const record = facts.get(asked.record);
  if (!firewalld.ok) return firewalld;
  if (!ufwSwitch.ok) return ufwSwitch;
  if (!ufwProgram.ok) return ufwProgram;
  if (!record.ok) return record;
  const active: ForeignFirewallName[] = [];
  const runs = /^(active|activating|reloading)$/.test(firewalld.value.active);
  if (runs || firewalld.value.file === 'enabled') active.push('firewalld');
  if (ufwProgram.value !== undefined && /^ENABLED=yes/im.test(ufwSwitch.value ?? '')) active.push('ufw');
  const recorded = (record.value ?? '').split('\n').map((line) => /^\w+/.exec(line)?.[0]);
  return { ok: true, value: { active, stoppedByKonvoy: recorded.filter(isFirewallName) } };
}
