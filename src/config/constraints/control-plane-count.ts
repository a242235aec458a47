import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** etcd needs a majority: an even number of members adds a way to fail and no safety. */
export function controlPlaneCount(config: ConfigView): readonly Diagnostic[] {
  if (config.inventory === undefined) return [];
  const count = config.inventory.hosts.filter(({ role }) => role === 'control-plane').length;
  if (count % 2 === 1) return [];
  const message =
    count === 0 ? 'there is no control-plane host' : `there are ${count} control-plane hosts: the number must be odd`;
  const hint = count === 0 ? 'write one, three or five hosts' : `make it ${count - 1} or ${count + 1}`;
  return [
    {
      code: 'control-plane-count',
      severity: 'error',
      message,
      hint,
      at: config.inInventory(['control-plane', 'hosts'], 'key'),
    },
  ];
}
