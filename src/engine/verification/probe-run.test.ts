import { describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost } from '../../../test/support/fake-host.ts';
import { FakeNetwork } from '../../../test/support/fake-network.ts';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import type { RunEvent } from '../../core/events.ts';
import { createObserver } from '../observe.ts';
import { type RunGiven, withProbeRun } from './probe-run.ts';
import { verifyNetwork } from './verify-network.ts';
import { sumUp, watchNetwork } from './watch-network.ts';

const HOSTS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

function bench(controlPlanes = 1) {
  const hosts = HOSTS.map((address) => new FakeHost(address));
  const network = new FakeNetwork(hosts);
  const connections = new FakeConnections(hosts);
  const topology = topologyOf(HOSTS.map((host, index) => [host, index < controlPlanes ? 'control-plane' : 'worker']));
  const notes: string[] = [];
  const report = (event: RunEvent) => {
    if (event.is === 'note') notes.push(event.text);
  };
  const controller = new AbortController();
  const { signal } = controller;
  let clock = 0;
  const now = () => clock;
  const given: RunGiven = {
    topology,
    hosts: HOSTS,
    connections,
    observer: createObserver({ hosts: connections, report, signal, maxParallel: 4, now }),
    report,
    signal,
    now,
    sleep: async (milliseconds) => {
      clock += milliseconds;
    },
    random: () => 0,
    longer: 0,
  };
  return { given, network, hosts, notes, controller, passed: () => clock };
}

describe('the pods of a run', () => {
  it('that do not start are given up after a minute, with what the kubelet says, and the others are asked', async () => {
    const { given, network, passed } = bench();
    network.stuck.set('10.0.0.3', 'plugin type="calico" failed (add): no such file');
    const rows = await withProbeRun(given, verifyNetwork);
    expect(passed()).toBe(60_000);
    expect(rows[0]).toMatchObject({ id: 'pod-start', verdict: 'fail', asked: 3 });
    expect(rows[0]?.findings).toMatchObject([{ layer: 'route', hint: expect.stringContaining('calico-node') }]);
    expect(rows.find(({ id }) => id === 'pod-to-pod')).toMatchObject({ verdict: 'pass', asked: 2 });
  });

  it('that start nowhere end the run, and leave nothing behind', async () => {
    const { given, network } = bench();
    for (const host of HOSTS) network.stuck.set(host, 'ErrImageNeverPull');
    await expect(withProbeRun(given, verifyNetwork)).rejects.toThrow(
      /no pod starts: 10\.0\.0\.1: FailedCreatePodSandBox/,
    );
    expect(network.namespaces.size).toBe(0);
  });

  it('are made of nothing where no node is Ready', async () => {
    const { given, network } = bench();
    for (const host of HOSTS) network.notReady.add(host);
    await expect(withProbeRun(given, verifyNetwork)).rejects.toThrow(/no node can have pods/);
    expect(network.made).toEqual([]);
  });

  it('are taken away by another control plane where the first one has gone', async () => {
    const { given, network, hosts } = bench(2);
    const journal = () => hosts[1]?.journal.map((entry) => (entry.is === 'run' ? entry.argv.join(' ') : ''));
    await withProbeRun(given, async () => hosts[0]?.dieAfter(0));
    expect(journal()).toEqual([expect.stringContaining('delete namespace konvoy-verify-000000')]);
    expect(network.namespaces.size).toBe(0);
  });
});

describe('a watch', () => {
  it('lasts as long as it should, says how it goes, and reads what pods have counted at the end', async () => {
    const { given, network, notes, passed } = bench();
    const outcome = await withProbeRun(given, (run) => watchNetwork(run, 25));
    expect(passed()).toBe(25_000);
    expect(network.verbs).toEqual(['watch', 'watched', 'watched', 'watched --stop']);
    expect(notes).toContain('watching 18 targets, 10 times a second each, for 25s or until Ctrl-C');
    expect(notes).toContain('10s: 40 asked, 3 lost, longest gap 312 ms (10.0.0.1 → 10.0.0.2, new connection)');
    expect(outcome).toMatchObject({ milliseconds: 25_000, silent: [], targets: [{ sent: 40, lost: 3 }] });
  });

  it('ends with Ctrl-C, and still says what came of it', async () => {
    const { given, network, controller } = bench();
    const sleep = async () => controller.abort();
    const outcome = await withProbeRun({ ...given, sleep }, (run) => watchNetwork(run, 3600));
    expect(network.verbs).toEqual(['watch', 'watched --stop']);
    expect(outcome.targets).toHaveLength(1);
    expect(network.namespaces.size).toBe(0);
  });

  it('of nothing is summed up', () => {
    expect(sumUp([])).toBe('0 asked, 0 lost');
  });
});
