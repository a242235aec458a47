/** What to do about a disk that takes no more, from the words of the C library, or of Go; undefined where that is not the reason. */
export function diskHint(stderr: string): string | undefined {
  if (/no space left on device/i.test(stderr))
    return 'free some space on the host’s disk (df -h, df -i), then run again';
  if (/disk quota exceeded/i.test(stderr)) return 'raise the quota of root on the host’s disk, then run again';
  if (/read-only file system/i.test(stderr)) {
    return 'the file system is read-only: look at dmesg for disk errors, or remount it with: mount -o remount,rw /';
  }
  return undefined;
}
