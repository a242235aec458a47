import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../test/support/fake-host.ts';
import { FakeSwap } from '../../test/support/fake-swap.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import type { SwapResource } from '../core/resource.ts';
import { judging } from './judgement.ts';
import type { Writers } from './kind.ts';
import { swapKind } from './swap.ts';

const HOST = '10.0.50.11';
const FSTAB = `# <file system> <mount point> <type> <options>
UUID=1d0e  /      ext4\tdefaults 0 1
\tUUID=77ab none\tswap  sw,pri=5 0 0
# /dev/sdc1 none swap sw 0 0
/swapfile  none   swap sw 0 0
//nas/swap /mnt   cifs ro 0 0`;

let host: FakeHost;
let swap: FakeSwap;
let steps: string[];
let writers: Writers;

beforeEach(() => {
  host = new FakeHost(HOST);
  swap = new FakeSwap(host);
  steps = [];
  writers = writersFor(new FakeConnections([host]), steps);
});

const swaps = judging(swapKind);
const off: SwapResource = {
  host: HOST,
  component: 'node-runtime',
  because: ['spec'],
  kind: 'swap',
  address: `${HOST} swap`,
  ensure: 'absent',
  off: true,
};
const back: SwapResource = { ...off, off: false };
const run = (resource: SwapResource) => settle(swaps, resource, writers);

describe('swap', () => {
  it('that is not there is nothing to do, with and without an fstab', async () => {
    expect((await run(off)).before).toMatchObject({ fields: [] });
    host.files.put('/etc/fstab', '# nothing here\n');
    expect((await run(off)).before).toMatchObject({ fields: [] });
    expect((await run(back)).before).toMatchObject({ fields: [] });
    expect(host.journal).toEqual([]);
  });

  it('goes off now and for the next boots, and comes back byte for byte', async () => {
    host.files.put('/etc/fstab', FSTAB, 0o664);
    swap.on('/dev/sda2', 5).on('/swap file', -2);
    const { before, after } = await run(off);
    expect(before).toMatchObject({
      verb: 'delete',
      fields: [
        { field: '/dev/sda2', before: 'on', after: 'off' },
        { field: '/swap file', before: 'on', after: 'off' },
        { field: '/etc/fstab', before: '\tUUID=77ab none\tswap  sw,pri=5 0 0\n/swapfile  none   swap sw 0 0' },
      ],
    });
    expect(after).toMatchObject({ fields: [] });
    expect(swap.calls).toEqual(['daemon-reload', 'swapoff /dev/sda2', 'swapoff /swap file']);
    const changed = host.files.read('/etc/fstab') ?? '';
    expect(changed.split('\n').filter((line) => !FSTAB.split('\n').includes(line))).toEqual([
      '# konvoy keeps this off: \tUUID=77ab none\tswap  sw,pri=5 0 0',
      '# konvoy keeps this off: /swapfile  none   swap sw 0 0',
    ]);
    expect(host.files.get('/etc/fstab')?.mode).toBe(0o664);
    expect(host.files.read('/var/lib/konvoy/originals/etc/fstab')).toBe(FSTAB);

    host.files.write('/etc/fstab', `${changed}\n/dev/sdd1 /data xfs defaults 0 0\n`);
    const again = await run(back);
    expect(again.before).toMatchObject({ verb: 'create' });
    expect(again.after).toMatchObject({ fields: [] });
    expect(host.files.read('/etc/fstab')).toBe(`${FSTAB}\n/dev/sdd1 /data xfs defaults 0 0\n`);
    expect([...swap.areas]).toEqual([
      ['/dev/sda2', 5],
      ['/swap file', -2],
    ]);
    expect(host.files.get('/var/lib/konvoy')).toBeUndefined();
  });

  it('of zram-generator is masked and named, and is started by its unit again', async () => {
    swap.unit('dev-zram0.swap', '/dev/zram0', '/run/systemd/generator/dev-zram0.swap', 'generated');
    const { before, after } = await run(off);
    expect(before).toMatchObject({
      fields: [
        { field: '/dev/zram0', after: 'off' },
        { field: 'dev-zram0.swap', before: 'active, made by zram-generator', after: 'masked' },
      ],
    });
    expect(after).toMatchObject({ fields: [] });
    expect(swap.calls).toEqual(['mask dev-zram0.swap', 'daemon-reload', 'swapoff /dev/zram0']);
    expect((await run(back)).after).toMatchObject({ fields: [] });
    expect(swap.units.get('dev-zram0.swap')).toMatchObject({ masked: false, active: true });
    expect([...swap.areas.keys()]).toEqual(['/dev/zram0']);
  });

  it('of a unit that its user wrote is disabled, and enabled again', async () => {
    swap.unit('swapfile.swap', '/swapfile', '/etc/systemd/system/swapfile.swap', 'enabled');
    expect((await run(off)).after).toMatchObject({ fields: [] });
    expect(swap.calls).toContain('disable swapfile.swap');
    await run(back);
    expect(swap.units.get('swapfile.swap')).toMatchObject({ file: 'enabled', active: true });
  });

  it('of a unit that can be neither disabled nor masked is refused', async () => {
    swap.unit('swapfile.swap', '/swapfile', '/etc/systemd/system/swapfile.swap', 'static');
    const judged = await judgeOnHosts(writers.hosts, swaps, off);
    expect(judged).toMatchObject({ refusals: [expect.stringContaining('/etc/systemd/system/swapfile.swap')] });
  });

  it('that something else will switch on again says so in the plan', async () => {
    swap.on('/dev/zram0', 100);
    const judged = await judgeOnHosts(writers.hosts, swaps, off);
    expect(judged).toMatchObject({ fields: [{ after: expect.stringContaining('zram-tools') }] });
    swap.areas.clear();
    swap.on('/dev/sda2');
    const other = await judgeOnHosts(writers.hosts, swaps, off);
    expect(other).toMatchObject({ fields: [{ after: expect.stringContaining('until the next boot') }] });
  });

  it('that does not fit into memory fails with what to do, and the next run goes on from there', async () => {
    host.files.put('/etc/fstab', FSTAB);
    swap.on('/dev/sda2');
    swap.full.add('/dev/sda2');
    await expect(run(off)).rejects.toMatchObject({ hint: expect.stringContaining('too little free memory') });
    swap.full.clear();
    const { before, after } = await run(off);
    expect(before).toMatchObject({ fields: [{ field: '/dev/sda2' }] });
    expect(after).toMatchObject({ fields: [] });
    await run(back);
    expect(host.files.read('/etc/fstab')).toBe(FSTAB);
    expect([...swap.areas.keys()]).toEqual(['/dev/sda2']);
  });

  it('that cannot come back now does not stop the rest', async () => {
    swap.on('/dev/gone1').on('/dev/sda2');
    await run(off);
    expect((await run(back)).after).toMatchObject({ fields: [] });
    expect([...swap.areas.keys()]).toEqual(['/dev/sda2']);
    expect(steps.at(-1)).toContain('/dev/gone1 could not be switched on again');
  });

  it('stays where rewriting fstab would spoil it', async () => {
    host.files.put('/etc/fstab', '/dev/sda2 none swap sw 0 0\n# caf\uFFFD\n');
    const judged = await judgeOnHosts(writers.hosts, swaps, off);
    expect(judged).toMatchObject({ refusals: [expect.stringContaining('UTF-8')] });
  });
});
