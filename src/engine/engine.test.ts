import { describe, expect, it } from 'vitest';
import { standInKinds, wantedFile, wantedRules } from '../../test/support/stand-in-kinds.ts';
import { ApplyFailed, ChangeReverted, KonvoyError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { KindTable } from '../kinds/dispatch.ts';
import { HazardsRefused } from './accept-hazards.ts';

import { bench, everywhere, failureOf, twoFiles } from '../../test/support/engine-bench.ts';

describe('planning', () => {
  it('writes nothing', async () => {
    const run = bench(twoFiles);
    expect((await run.plan()).changes).toHaveLength(8);
    for (const host of run.hosts.values()) expect(host.journal).toEqual([]);
  });

  it('asks each host once, however many questions there are', async () => {
    const run = bench(twoFiles);
    await run.plan();
    for (const host of run.hosts.values()) expect(host.operations).toBe(1);
  });

  it('orders changes by component, then by host, then as the component listed them', async () => {
    const run = bench([
      wantedFile('10.0.0.3', '/etc/z', ''),
      wantedFile('10.0.0.1', '/etc/b', ''),
      wantedFile('10.0.0.1', '/etc/a', ''),
      wantedRules('10.0.0.2', 'x'),
    ]);
    expect((await run.plan()).changes.map(({ resource }) => resource.address)).toEqual([
      '10.0.0.2 iptables-rules:INPUT',
      '10.0.0.1 file:/etc/b',
      '10.0.0.1 file:/etc/a',
      '10.0.0.3 file:/etc/z',
    ]);
  });

  it('is not blinded by one dead host, and reports it once', async () => {
    const run = bench(twoFiles);
    run.connections.setUnreachable('10.0.0.2');
    const plan = await run.plan();
    expect(new Set(plan.changes.map(({ resource }) => resource.host))).toEqual(
      new Set(['10.0.0.1', '10.0.0.3', '10.0.0.4']),
    );
    expect(plan.unreadable.map(({ host }) => host)).toEqual(['10.0.0.2', '10.0.0.2']);
    expect(run.events.filter((event) => event.is === 'host-unreachable')).toHaveLength(1);
  });

  it('turns a refusal into an error that stops apply', async () => {
    const run = bench([wantedRules('10.0.0.1', 'a')]);
    run.host('10.0.0.1').files.write('/rules', 'foreign');
    expect((await run.plan()).diagnostics).toMatchObject([{ severity: 'error', code: 'change-refused' }]);
    expect(await failureOf(run.up())).toBeInstanceOf(KonvoyError);
    expect(run.writes()).toEqual([]);
  });

  it('refuses two components that want the same resource', async () => {
    const run = bench([wantedFile('10.0.0.1', '/etc/a', 'a'), wantedFile('10.0.0.1', '/etc/a', 'b')]);
    await expect(run.plan()).rejects.toThrow('two components want');
  });
});

describe('applying', () => {
  it('leaves nothing for a second plan, and a second run writes nothing at all', async () => {
    const run = bench(twoFiles);
    await run.up();
    expect((await run.plan()).changes).toEqual([]);
    for (const host of run.hosts.values()) host.journal.length = 0;
    await run.up();
    for (const host of run.hosts.values()) expect(host.journal).toEqual([]);
  });

  it('completes what a killed run left between two changes', async () => {
    const run = bench(twoFiles);
    const host = run.host('10.0.0.3');
    host.dieAfter(3); // the questions, the lock, the first file
    expect(await failureOf(run.up())).toBeInstanceOf(ApplyFailed);
    host.revive();
    expect(host.files.read('/etc/a')).toBe('a\n');
    expect(host.files.read('/etc/b')).toBeUndefined();
    await run.up();
    expect(host.files.read('/etc/b')).toBe('b\n');
    expect((await run.plan()).changes).toEqual([]);
  });

  it('goes on with other hosts when one fails, and says what is done and left', async () => {
    const run = bench(twoFiles);
    run.host('10.0.0.2').files.refuseWrites('/etc', 'Read-only file system');
    const error = await failureOf(run.up());
    if (!(error instanceof ApplyFailed)) return expect.fail(String(error));
    expect(error.done).toHaveLength(6);
    expect(error.left.map(({ resource }) => resource.address)).toEqual([
      '10.0.0.2 file:/etc/a',
      '10.0.0.2 file:/etc/b',
    ]);
    expect(error.failures.map(({ host }) => host)).toEqual(['10.0.0.2']);
    expect(run.events.filter((event) => event.is === 'change-skipped')).toHaveLength(2);
  });

  it('begins nothing any more once more hosts failed than allowed', async () => {
    const run = bench(twoFiles);
    for (const host of run.hosts.values()) host.files.refuseWrites('/etc', 'No space left on device');
    const error = await failureOf(run.up({ maxFailures: 0, maxParallel: 1 }));
    if (!(error instanceof ApplyFailed)) return expect.fail(String(error));
    expect(error.failures).toHaveLength(1);
    expect(run.writes()).toHaveLength(1);
  });

  it('notices a change that does not hold', async () => {
    const run = bench([wantedFile('10.0.0.1', '/etc/a', 'a\n')]);
    const host = run.host('10.0.0.1').on('logger', (_argv, _stdin, { files }) => {
      files.write('/etc/a', 'changed back\n');
      return { exit: 0, stdout: '', stderr: '' };
    });
    const error = await failureOf(run.up());
    if (!(error instanceof ApplyFailed)) return expect.fail(String(error));
    expect(String(error.failures[0]?.error)).toContain('does not hold: it still differs in content');
    expect(host.locked).toBe(false);
  });

  it('tells the journal of a host who wrote what by which plan', async () => {
    const run = bench(twoFiles);
    const { digest } = await run.plan();
    await run.up();
    const lines = run
      .host('10.0.0.1')
      .journal.flatMap((entry) => (entry.is === 'run' && entry.argv[0] === 'logger' ? entry.stdin.split('\n') : []));
    expect(lines).toEqual([
      `alice@laptop, process 7, since 2026-11-24T09:00:00Z, plan ${digest.slice(0, 12)}: create 10.0.0.1 file:/etc/a`,
      `alice@laptop, process 7, since 2026-11-24T09:00:00Z, plan ${digest.slice(0, 12)}: create 10.0.0.1 file:/etc/b`,
      '',
    ]);
  });
});

describe('a guarded rollout', () => {
  const rules = everywhere((host) => [wantedRules(host, 'a', 'b')]);
  /** The stand-in rules, failing on one host as a reverted change does. */
  const revertingOn = (host: string): KindTable => ({
    ...standInKinds,
    'iptables-rules': {
      ...standInKinds['iptables-rules'],
      write: (change, writers) =>
        change.resource.host === host
          ? Promise.reject(new ChangeReverted(host, 'taken back'))
          : standInKinds['iptables-rules'].write(change, writers),
    },
  });

  it('begins with one host of each role', async () => {
    const run = bench(rules);
    await run.up();
    const order = run.events.flatMap((event) =>
      event.is === 'change-started' || event.is === 'change-done' ? [`${event.is} ${event.change.resource.host}`] : [],
    );
    expect(new Set(order.slice(0, 2))).toEqual(new Set(['change-started 10.0.0.1', 'change-started 10.0.0.3']));
    expect(new Set(order.slice(2, 4))).toEqual(new Set(['change-done 10.0.0.1', 'change-done 10.0.0.3']));
  });

  it('stops at the first canary that fails', async () => {
    const run = bench(rules, revertingOn('10.0.0.1'));
    const error = await failureOf(run.up());
    if (!(error instanceof ApplyFailed)) return expect.fail(String(error));
    expect(run.writes().filter((write) => !write.startsWith('10.0.0.3'))).toEqual([]);
    expect(error.left.map(({ resource }) => resource.host)).toEqual(
      expect.arrayContaining(['10.0.0.1', '10.0.0.2', '10.0.0.4']),
    );
  });

  it('still writes what follows a confirmed change on its own host, or the next boot would undo it', async () => {
    const bootFiles = everywhere((host) => [{ ...wantedFile(host, '/etc/boot', 'a b'), component: 'firewall' }]);
    const run = bench([...rules, ...bootFiles], revertingOn('10.0.0.1'));
    const error = await failureOf(run.up());
    if (!(error instanceof ApplyFailed)) return expect.fail(String(error));
    expect(run.writes()).toEqual(['10.0.0.3 /rules', '10.0.0.3 /etc/boot']);
    expect(error.done.map(({ resource }) => resource.address)).toEqual([
      '10.0.0.3 iptables-rules:INPUT',
      '10.0.0.3 file:/etc/boot',
    ]);
  });

  it('keeps later components from starting after a failure', async () => {
    const run = bench([...rules, ...twoFiles], revertingOn('10.0.0.1'));
    await failureOf(run.up());
    expect(run.writes().filter((write) => write.includes('/etc/'))).toEqual([]);
  });
});

describe('a rollout of what is in use', () => {
  const order = ['10.0.0.2', '10.0.0.1'];
  const file = (host: string) => [wantedFile(host, '/etc/a', 'a\n'), wantedFile(host, '/etc/b', 'b\n')];

  it('changes one host after the other, in the order that the component gives', async () => {
    const run = bench(['10.0.0.1', '10.0.0.2'].flatMap(file), standInKinds, order);
    await run.up();
    const started = run.events.flatMap((event) =>
      event.is === 'change-started' || event.is === 'change-done' ? [`${event.is} ${event.change.resource.host}`] : [],
    );
    expect(started.slice(0, 4).every((text) => text.endsWith(' 10.0.0.2'))).toBe(true);
    expect(started.slice(4)).toHaveLength(4);
    expect(started.slice(4).every((text) => text.endsWith(' 10.0.0.1'))).toBe(true);
  });

  it('changes as many at once as the component allows, and no more', async () => {
    const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const run = bench(hosts.flatMap(file), standInKinds, hosts, 2);
    await run.up();
    const under = new Map<string, number>();
    const most = run.events.map((event) => {
      if (event.is === 'change-started') under.set(event.change.resource.host, 1);
      // Of each host two files go one after the other: it is under way until its last one is done.
      if (event.is === 'change-done' && event.change.resource.address.endsWith('/etc/b')) {
        under.delete(event.change.resource.host);
      }
      return under.size;
    });
    expect(Math.max(...most)).toBe(2);
  });

  it('leaves the hosts alone that come after one that failed', async () => {
    const run = bench(['10.0.0.1', '10.0.0.2'].flatMap(file), standInKinds, order);
    run.host('10.0.0.2').files.refuseWrites('/etc', 'Read-only file system');
    expect(await failureOf(run.up())).toBeInstanceOf(ApplyFailed);
    expect(run.writes().filter((write) => write.startsWith('10.0.0.1 /etc'))).toEqual([]);
  });

  it('plans the same whatever the order: who holds an address now does not make a saved plan stale', async () => {
    const digests = await Promise.all(
      [order, [...order].reverse(), undefined].map(
        async (hosts) => (await bench(order.flatMap(file), standInKinds, hosts).plan()).digest,
      ),
    );
    expect(new Set(digests).size).toBe(1);
  });
});

describe('dangers', () => {
  const dangerous = [wantedFile('10.0.0.1', '/etc/a', 'a', 'replaces-foreign-file')];

  it('are refused before anything is written', async () => {
    const run = bench(dangerous);
    expect(await failureOf(run.up())).toBeInstanceOf(HazardsRefused);
    expect(run.host('10.0.0.1').journal).toEqual([]);
  });

  it('are done once accepted, everywhere or for the host', async () => {
    for (const host of [undefined, '10.0.0.1']) {
      const run = bench(dangerous);
      await run.up({ accepted: [{ id: 'replaces-foreign-file', host }] });
      expect(run.writes()).toEqual(['10.0.0.1 /etc/a']);
    }
  });

  it('stay refused when another host was named', async () => {
    const run = bench(dangerous);
    const accepted = [{ id: 'replaces-foreign-file', host: '10.0.0.2' }] as const;
    expect(await failureOf(run.up({ accepted }))).toBeInstanceOf(HazardsRefused);
  });
});

describe('interruption', () => {
  it('ends the write in hand, then says what is done and what is left', async () => {
    const run = bench(twoFiles);
    const report = (event: RunEvent) => {
      if (event.is === 'change-started') run.controller.abort();
    };
    const error = await failureOf(run.up({ report, maxParallel: 1 }));
    if (!(error instanceof ApplyFailed)) return expect.fail(String(error));
    expect(error.message).toMatch(/^interrupted: 1 of 8/);
    expect(error.done).toHaveLength(1);
    expect(error.left).toHaveLength(7);
    for (const host of run.hosts.values()) expect(host.locked).toBe(false);
  });
});
