import { expect, it } from 'vitest';
import { diskHint } from './disk-hint.ts';

it('knows a full disk in the words of the C library and of Go', () => {
  expect(diskHint('cat: write error: No space left on device')).toContain('df -h');
  // `ctr images import` on a full /var/lib/containerd
  const ctr =
    'ctr: failed to copy: failed to send write: write /var/lib/containerd/…/data: no space left on device: unknown';
  expect(diskHint(ctr)).toContain('df -h');
  expect(diskHint('open /etc/x: read-only file system')).toContain('read-only');
  expect(diskHint('cat: /etc/x: Permission denied')).toBeUndefined();
});
