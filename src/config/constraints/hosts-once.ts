import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** A machine stands in the inventory once. */
export function hostsOnce(config: ConfigView): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const addresses = new Set<string>();
  const targets = new Map<string, string>();
  for (const { address, role, ssh } of config.inventory?.hosts ?? []) {
    const path = [role === 'control-plane' ? 'control-plane' : 'node', 'hosts', address];
    if (addresses.has(address)) {
      const message = `the host ${address} is in the group control-plane, too (${config.where(config.inInventory(['control-plane', 'hosts', address], 'key'))})`;
      found.push({
        code: 'duplicate-host',
        severity: 'error',
        message,
        hint: 'keep one of them',
        at: config.inInventory(path, 'key'),
      });
      continue;
    }
    addresses.add(address);
    const target = `${ssh.connectTo} port ${ssh.port ?? 22}`;
    const other = targets.get(target);
    if (other !== undefined) {
      const message = `SSH reaches ${address} at ${target}, and ${other} as well: they are one machine`;
      const at = config.inInventory([...path, 'ansible_host']);
      found.push({
        code: 'duplicate-host',
        severity: 'error',
        message,
        hint: 'correct ansible_host or ansible_port',
        at,
      });
    }
    targets.set(target, address);
  }
  return found;
}
