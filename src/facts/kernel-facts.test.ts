import { describe, expect, it } from 'vitest';
import type { CommandOutput } from '../core/fact.ts';
import { kernelModule } from './kernel-module.ts';
import { kernelSetting, kernelSettingPath } from './kernel-setting.ts';
import { procSwaps } from './proc-swaps.ts';
import { programStat } from './program-stat.ts';
import { swapUnits } from './swap-units.ts';

// Recorded on Debian 12 (systemd 252, coreutils 9.1), but for the swap areas: there kernel and systemd are only quoted.
const said = (stdout: string, exit = 0, stderr = ''): CommandOutput => ({ stdout, exit, stderr });

describe('facts of the kernel', () => {
  it('read settings by their names, and know absence from failure', () => {
    expect(kernelSettingPath('net.ipv4.ip_forward')).toBe('/proc/sys/net/ipv4/ip_forward');
    expect(kernelSettingPath('net.ipv4.conf.eth0/5.rp_filter')).toBe('/proc/sys/net/ipv4/conf/eth0.5/rp_filter');
    const args = { name: 'net.ipv4.tcp_rmem' };
    expect(kernelSetting.parse(said('4096\t131072\t33554432\n'), args)).toBe('4096 131072 33554432');
    const missing = said('', 1, 'cat: /proc/sys/nope: No such file or directory\n');
    expect(kernelSetting.parse(missing, { name: 'nope' })).toBeUndefined();
    const writeOnly = said('', 1, 'cat: /proc/sys/net/ipv4/route/flush: Permission denied\n');
    expect(() => kernelSetting.parse(writeOnly, { name: 'net.ipv4.route.flush' })).toThrow('Permission denied');
  });

  it('read modules, whatever way their names are written, and never take silence for absence', () => {
    expect(kernelModule.command({ module: 'br-netfilter' }).at(-1)).toBe('br_netfilter');
    expect(kernelModule.parse(said('br_netfilter there\n'), { module: 'br-netfilter' })).toBe(true);
    expect(kernelModule.parse(said('ip_vs missing\n'), { module: 'ip_vs' })).toBe(false);
    expect(() => kernelModule.parse(said('', 127, 'sh: not found'), { module: 'ip_vs' })).toThrow('not found');
  });

  it('read the swap that is on, also with spaces in its name', () => {
    const header = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';
    expect(procSwaps.parse(said(header), undefined)).toEqual([]);
    const text =
      `${header}/dev/dm-1                               partition\t8388604\t\t0\t\t-2\n` +
      '/swap\\040file                            file\t\t2097148\t\t524\t\t-3\n' +
      '/dev/zram0                              partition\t4194300\t\t0\t\t100\n';
    expect(procSwaps.parse(said(text), undefined)).toEqual([
      { path: '/dev/dm-1', priority: -2 },
      { path: '/swap file', priority: -3 },
      { path: '/dev/zram0', priority: 100 },
    ]);
    expect(procSwaps.parse(said('', 1, 'cat: /proc/swaps: No such file or directory\n'), undefined)).toEqual([]);
    expect(() => procSwaps.parse(said('swap\n'), undefined)).toThrow('begins with');
  });

  it('read the units that switch swap on, without mirrors, masked ones and those of fstab', () => {
    const unit = (id: string, load: string, fragment: string, more = '') =>
      `Id=${id}\nLoadState=${load}\nActiveState=active\nFragmentPath=${fragment}\nUnitFileState=generated\n${more}`;
    const text = [
      unit('dev-sda2.swap', 'loaded', '/run/systemd/generator/dev-sda2.swap', 'SourcePath=/etc/fstab\n'),
      unit('dev-disk-by\\x2duuid-77ab.swap', 'loaded', ''),
      unit('dev-sdb1.swap', 'masked', '/etc/systemd/system/dev-sdb1.swap'),
      unit('dev-zram0.swap', 'loaded', '/run/systemd/generator/dev-zram0.swap'),
    ].join('\n');
    expect(swapUnits.parse(said(text), undefined)).toEqual([
      { unit: 'dev-zram0.swap', active: true, fragment: '/run/systemd/generator/dev-zram0.swap', file: 'generated' },
    ]);
    expect(swapUnits.parse(said(''), undefined)).toEqual([]);
    expect(() => swapUnits.parse(said('', 1, 'Failed to connect to bus\n'), undefined)).toThrow('bus');
  });

  it('read programs behind links', () => {
    const path = '/bin/sh';
    const shell = said('regular file|755|247072|1672924848|/bin/sh\n');
    expect(programStat.parse(shell, { path })).toEqual({ executable: true, inode: '247072', modified: 1672924848 });
    expect(programStat.parse(said('directory|755|2|1672924848|/bin\n'), { path: '/bin' })?.executable).toBe(false);
    expect(programStat.parse(said('regular file|644|9|1672924848|/x\n'), { path: '/x' })?.executable).toBe(false);
    const nowhere = "stat: cannot statx '/tmp/dangling': No such file or directory\n";
    expect(programStat.parse(said('', 1, nowhere), { path: '/tmp/dangling' })).toBeUndefined();
  });
});
