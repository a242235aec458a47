import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KonvoyError } from '../core/errors.ts';
import { freezeHost } from './control-groups.ts';
import { type ControlRequest, serveControl } from './control-protocol.ts';
import { createHostRunner, type HostRunner } from './host-runner.ts';
import { flushDisk } from './disk.ts';
import { hostRoot, type LabPaths } from './lab-paths.ts';
import { findHost, planHosts } from './lab-plan.ts';
import { type LabRecord, readLabRecord } from './lab-record.ts';
import { assertSnapshot, copyDisks, putBackDisks } from './snapshots.ts';

/** A host that does not power off within its own stop time-out (10 s, set in the base image) is switched off. */
const STOP_GRACE_MS = 15_000;

/**
 * Runs the hosts of a lab until this process is killed. It runs in the lab's namespace, is started by `lab up` and ended
 * by `lab down`, which ends the hosts by their control groups.
 */
export async function superviseLab(lab: LabPaths, log: (text: string) => void): Promise<void> {
  const record = await readLabRecord(lab);
  if (record === undefined) throw new KonvoyError(`there is no lab ${lab.name}`);
  const runners = planHosts(record.controlPlanes, record.workers).map((host) =>
    createHostRunner(host, {
      lab,
      root: hostRoot(record.cache, lab.name, host.name),
      console: join(lab.run, `${host.name}.console`),
      log,
    }),
  );
  let busy: Promise<unknown> = Promise.resolve();
  await rm(lab.socket, { force: true });
  await serveControl(lab.socket, (request) => {
    if (request.do === 'status') return Promise.resolve(runners.map((runner) => runner.status()));
    if (request.do === 'save' || request.do === 'restore') {
      busy = busy.catch(() => undefined).then(() => changeDisks(request.do, request.snapshot, record, runners, log));
      return busy;
    }
    return handleHostRequest(request, runners);
  });
  for (const runner of runners) runner.start();
  log(`supervising ${runners.length} hosts, ${readdirSync('/proc/self/fd').length} open files`);
}

type HostRequest = Extract<ControlRequest, { host: string }>;

async function handleHostRequest(request: HostRequest, runners: readonly HostRunner[]): Promise<unknown> {
  const host = findHost(
    runners.map((runner) => runner.host),
    request.host,
  );
  const runner = runners.find((candidate) => candidate.host === host);
  if (runner === undefined) {
    throw new KonvoyError(`the lab has no host ${request.host}`, {
      hint: `there are: ${runners.map((candidate) => candidate.host.name).join(', ')}`,
    });
  }
  switch (request.do) {
    case 'start':
      runner.start();
      while (['stopped', 'down', 'booting'].includes(runner.status().state)) await sleep(25);
      break;
    case 'stop':
      await runner.stop(STOP_GRACE_MS);
      break;
    case 'kill':
      await runner.kill(request.stayDown);
      break;
    case 'cut':
      await runner.cut(request.cut);
  }
  return runner.status();
}

/**
 * Saving freezes all hosts for the moment of the copy, so that their disks belong to one moment, as after a power cut
 * of the whole room: what etcd's members have told each other is on the disk of either. Restoring cuts the power, puts
 * the disks back and switches on.
 */
async function changeDisks(
  verb: 'save' | 'restore',
  snapshot: string,
  record: LabRecord,
  runners: readonly HostRunner[],
  log: (text: string) => void,
): Promise<void> {
  const names = runners.map((runner) => runner.host.name);
  if (verb === 'restore') {
    await assertSnapshot(record.cache, record.name, snapshot);
    await Promise.all(runners.map((runner) => runner.kill(true)));
    await putBackDisks(record.cache, record.name, snapshot, names);
    for (const runner of runners) runner.start();
    return;
  }
  // What is written out beforehand does not have to be while everything stands still.
  await flushDisk(record.cache);
  const began = performance.now();
  try {
    await Promise.all(names.map((host) => freezeHost(record.name, host, true)));
    await copyDisks(record.cache, record.name, snapshot, names);
  } finally {
    await Promise.all(names.map((host) => freezeHost(record.name, host, false).catch(() => undefined)));
    log(`snapshot ${snapshot}: the hosts stood still for ${Math.round(performance.now() - began)} ms`);
  }
}
