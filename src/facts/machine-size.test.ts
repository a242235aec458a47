import { describe, expect, it } from 'vitest';
import type { CommandOutput } from '../core/fact.ts';
import { cpuMemory } from './cpu-memory.ts';
import { diskFree } from './disk-free.ts';

// Recorded on Debian 12 (coreutils 9.1).
const said = (stdout: string, exit = 0, stderr = ''): CommandOutput => ({ stdout, exit, stderr });

describe('the size of a machine', () => {
  it('is processors and memory', () => {
    const text = '2\nMemTotal:       24683656 kB\n';
    expect(cpuMemory.parse(said(text), undefined)).toEqual({ cpus: 2, memoryMiB: 24105 });
    expect(() => cpuMemory.parse(said('', 127, 'sh: 1: nproc: not found\n'), undefined)).toThrow('nproc: not found');
    expect(() => cpuMemory.parse(said('2\n'), undefined)).toThrow('printed "2"');
  });

  it('is the disk below a folder, also where device and mount have spaces', () => {
    const header = 'Filesystem        1-blocks       Used   Available Capacity Mounted on\n';
    const args = { path: '/var/lib' };
    const root = `${header}/dev/loop0     68719476736 1822814208 65871958016       3% /\n`;
    expect(diskFree.parse(said(root), args)).toEqual({ free: 65871958016, usedPercent: 3, mount: '/' });
    const odd = `${header}//nas/my disk     1000 900 100      90% /mnt/my disk\n`;
    expect(diskFree.parse(said(odd), args)).toEqual({ free: 100, usedPercent: 90, mount: '/mnt/my disk' });
    const missing = said('', 1, 'df: /var/lib/containerd: No such file or directory\n');
    expect(diskFree.parse(missing, { path: '/var/lib/containerd' })).toBeUndefined();
    expect(() => diskFree.parse(said('', 1, 'df: /x: Permission denied\n'), { path: '/x' })).toThrow('denied');
  });
});
