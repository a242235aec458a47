import type { SshSettings } from '../core/ssh-settings.ts';

/**
 * Whether the inventory asks not to check host keys. That is a hazard (`skips-host-keys`): connections honour it only
 * where the caller has accepted it, with `skipHostKeys`.
 */
export function skipsHostKeys(settings: SshSettings): boolean {
  const strict = settings.options.stricthostkeychecking?.toLowerCase();
  return strict === 'no' || strict === 'off' || strict === 'false';
}
