import { describe, expect, it } from 'vitest';
import type { FakeHost } from '../../test/support/fake-host.ts';
import { ApplyFailed, LockHeld } from '../core/errors.ts';
import { PlanOvertaken } from './plan-again.ts';

import { bench, failureOf, twoFiles } from '../../test/support/engine-bench.ts';

/** Another run, from locking to letting go; one that is killed only loses its connection. */
async function otherRun(host: FakeHost, write: (files: FakeHost['files']) => void, killed = false): Promise<void> {
  const lock = await host.lock('bob@desk, process 1, since now');
  if ('heldBy' in lock) throw new Error('the host is locked');
  write(host.files);
  if (killed) host.endSession();
  else await lock.release();
}

describe('the lock', () => {
  it('plans again only where somebody else may have written since', async () => {
    for (const [before, meanwhile, times] of [
      ['nobody', 'nobody', 1],
      ['ended', 'nobody', 1],
      ['killed', 'nobody', 2],
      ['nobody', 'ended', 2],
    ] as const) {
      const run = bench(twoFiles);
      const come = async (who: 'nobody' | 'ended' | 'killed') => {
        if (who !== 'nobody') await otherRun(run.host('10.0.0.3'), () => undefined, who === 'killed');
      };
      await come(before);
      run.meanwhile(() => come(meanwhile));
      await run.up();
      expect(run.plansAgain()).toBe(times);
    }
  });

  it('refuses the second run, names the first, and has written nothing', async () => {
    const run = bench(twoFiles);
    const other = await run.host('10.0.0.4').lock('bob@desk, process 1, since now');
    if ('heldBy' in other) return expect.fail('held');
    const error = await failureOf(run.up());
    if (!(error instanceof LockHeld)) return expect.fail(String(error));
    expect(error.holder).toBe('bob@desk, process 1, since now');
    expect(run.writes()).toEqual([]);
    expect(run.host('10.0.0.1').locked).toBe(false);
    await other.release();
    await run.up();
    expect(run.writes()).toHaveLength(8);
  });

  it('stops where another run has changed a host since the plan was made', async () => {
    const run = bench(twoFiles);
    run.meanwhile(() => otherRun(run.host('10.0.0.3'), (files) => files.write('/etc/a', 'theirs\n')));
    const error = await failureOf(run.up());
    if (!(error instanceof PlanOvertaken)) return expect.fail(String(error));
    expect(error.message).toMatch(/^10\.0\.0\.3: changed since this was planned/);
    expect(run.writes()).toEqual([]);
    for (const host of run.hosts.values()) expect(host.locked).toBe(false);
  });

  it('has nothing left to do where another run has done it all', async () => {
    const run = bench(twoFiles);
    run.meanwhile(async () => {
      for (const host of run.hosts.values()) {
        await otherRun(host, (files) => {
          files.write('/etc/a', 'a\n');
          files.write('/etc/b', 'b\n');
        });
      }
    });
    expect(await run.up()).toEqual([]);
    expect(run.writes()).toEqual([]);
    expect(run.events).toContainEqual({ is: 'note', text: expect.stringContaining('Nothing is left to do') });
  });

  it('goes on with the other hosts where one is lost between planning and locking', async () => {
    const run = bench(twoFiles);
    run.meanwhile(() => run.connections.setUnreachable('10.0.0.2'));
    const error = await failureOf(run.up());
    if (!(error instanceof ApplyFailed)) return expect.fail(String(error));
    expect(error.done).toHaveLength(6);
    expect(error.failures.map(({ host }) => host)).toEqual(['10.0.0.2']);
  });
});
