import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { FakeKernel } from '../../test/support/fake-kernel.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import type { KernelModuleResource, SysctlResource } from '../core/resource.ts';
import { judging } from './judgement.ts';
import { kernelModuleKind } from './kernel-module.ts';
import type { Writers } from './kind.ts';
import { sysctlKind } from './sysctl.ts';

const HOST = '10.0.50.11';
const FORWARD = 'net.ipv4.ip_forward';
const BRIDGE = 'net.bridge.bridge-nf-call-iptables';

let host: FakeHost;
let kernel: FakeKernel;
let writers: Writers;

beforeEach(() => {
  host = new FakeHost(HOST);
  kernel = new FakeKernel(host, { [FORWARD]: '0', 'net.ipv4.tcp_rmem': '4096\t131072\t6291456' });
  kernel.loadable.set('br_netfilter', { [BRIDGE]: '0' });
  writers = writersFor(new FakeConnections([host]));
});

const common = { host: HOST, component: 'node-runtime', because: ['spec'], ensure: 'present' } as const;
const sysctls = judging(sysctlKind);
const modules = judging(kernelModuleKind);

function setting(name: string, value: string, ensure: 'present' | 'absent' = 'present'): SysctlResource {
  return { ...common, kind: 'sysctl', address: `${HOST} sysctl:${name}`, name, value, ensure };
}

function module(name: string, ensure: 'present' | 'absent' = 'present'): KernelModuleResource {
  return { ...common, kind: 'kernel-module', address: `${HOST} kernel-module:${name}`, module: name, ensure };
}

const memory = () => host.files.files().filter((path) => path.startsWith('/var/lib/konvoy'));

describe('a kernel setting', () => {
  it('is set, left alone afterwards, and put back', async () => {
    const { before, after } = await settle(sysctls, setting(FORWARD, '1'), writers);
    expect(before).toMatchObject({ verb: 'update', fields: [{ field: 'value', before: '0', after: '1' }] });
    expect(after).toMatchObject({ fields: [] });
    expect(kernel.read(FORWARD)).toBe('1');
    const back = await settle(sysctls, setting(FORWARD, '1', 'absent'), writers);
    expect(back.before).toMatchObject({ verb: 'delete', fields: [{ before: '1', after: '0' }] });
    expect(back.after).toMatchObject({ fields: [] });
    expect(kernel.read(FORWARD)).toBe('0');
    expect(memory()).toEqual([]);
    expect(host.files.get('/var/lib/konvoy')).toBeUndefined();
  });

  it('that was so before konvoy is not touched, neither now nor by reset', async () => {
    const { before } = await settle(sysctls, setting(FORWARD, '0'), writers);
    expect(before).toMatchObject({ fields: [] });
    expect((await settle(sysctls, setting(FORWARD, '0', 'absent'), writers)).before).toMatchObject({ fields: [] });
    expect(host.journal).toEqual([]);
  });

  it('goes back to what it was before the first of several values of ours', async () => {
    await settle(sysctls, setting('net.ipv4.tcp_rmem', '1 2 3'), writers);
    const { after } = await settle(sysctls, setting('net.ipv4.tcp_rmem', '4  5 6'), writers);
    expect(after).toMatchObject({ fields: [] });
    await settle(sysctls, setting('net.ipv4.tcp_rmem', '7 8 9', 'absent'), writers);
    expect(kernel.read('net.ipv4.tcp_rmem')).toBe('4096\t131072\t6291456');
  });

  it('that somebody changed since is theirs: what was remembered is forgotten', async () => {
    await settle(sysctls, setting(FORWARD, '1'), writers);
    host.files.write('/proc/sys/net/ipv4/ip_forward', '2\n');
    const { before, after } = await settle(sysctls, setting(FORWARD, '1', 'absent'), writers);
    expect(before).toMatchObject({ fields: [{ field: 'remembered value', before: '0' }] });
    expect(after).toMatchObject({ fields: [] });
    expect(kernel.read(FORWARD)).toBe('2');
    expect(memory()).toEqual([]);
  });

  it('goes back also after a value that the kernel did not take', async () => {
    await settle(sysctls, setting(FORWARD, '1'), writers);
    kernel.accepts = /^[01]$/;
    await expect(settle(sysctls, setting(FORWARD, 'yes'), writers)).rejects.toThrow('Invalid argument');
    await settle(sysctls, setting(FORWARD, 'yes', 'absent'), writers);
    expect(kernel.read(FORWARD)).toBe('0');
    expect(memory()).toEqual([]);
  });

  it('that the kernel does not have is refused', async () => {
    const sysctl = setting('net.ipv4.ip_forwrad', '1');
    await expect(settle(sysctls, sysctl, writers)).rejects.toThrow('no setting net.ipv4.ip_forwrad');
    expect(memory()).toEqual([]);
    expect((await settle(sysctls, { ...sysctl, ensure: 'absent' }, writers)).before).toMatchObject({ fields: [] });
  });

  it('may come with a module that the same plan loads', async () => {
    const { before } = await settle(modules, module('br_netfilter'), writers);
    expect(before).toMatchObject({ verb: 'create' });
    const { after } = await settle(sysctls, setting(BRIDGE, '1'), writers);
    expect(after).toMatchObject({ fields: [] });
  });

  it('is no refusal while its module is missing, and one when the module is there without it', async () => {
    const judge = () => judgeOnHosts(writers.hosts, sysctls, setting(BRIDGE, '1'));
    expect(await judge()).toMatchObject({ verb: 'create', refusals: [] });
    kernel.modules.add('br_netfilter');
    expect(await judge()).toMatchObject({ refusals: [expect.stringContaining('no setting')] });
  });

  it('that the host may not change, or not to this value, says so', async () => {
    kernel.accepts = /^[01]$/;
    await expect(settle(sysctls, setting(FORWARD, 'yes'), writers)).rejects.toMatchObject({
      message: expect.stringContaining('Invalid argument'),
      hint: expect.stringContaining('does not take this value'),
    });
    kernel.readOnly = true;
    await expect(settle(sysctls, setting(FORWARD, '1'), writers)).rejects.toMatchObject({
      hint: expect.stringContaining('in a container'),
    });
  });
});

describe('a kernel module', () => {
  it('is loaded once and never unloaded', async () => {
    const { after } = await settle(modules, module('br-netfilter'), writers);
    expect(after).toMatchObject({ fields: [] });
    await settle(modules, module('br-netfilter', 'absent'), writers);
    expect([...kernel.modules]).toEqual(['br_netfilter']);
    expect(host.journal).toEqual([{ is: 'run', argv: ['modprobe', '--', 'br-netfilter'], stdin: '' }]);
  });

  it('that is there needs no modprobe', async () => {
    kernel.hasModprobe = false;
    kernel.modules.add('overlay');
    expect((await settle(modules, module('overlay'), writers)).before).toMatchObject({ present: true, fields: [] });
  });

  it('that the kernel does not have is an error with the way on', async () => {
    await expect(settle(modules, module('ip_vs'), writers)).rejects.toMatchObject({
      message: expect.stringContaining('Module ip_vs not found'),
      hint: expect.stringContaining('linux-modules-extra'),
    });
    kernel.hasModprobe = false;
    await expect(settle(modules, module('ip_vs'), writers)).rejects.toMatchObject({
      hint: expect.stringContaining('kmod'),
    });
  });
});
