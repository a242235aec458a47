import { askForHosts } from './bring-up.ts';
import type { LabPaths } from './lab-paths.ts';
import { planHosts } from './lab-plan.ts';
import { readLabRecord, readSupervisorRecord } from './lab-record.ts';
import type { HostStatus, LabStatus } from './lab-status.ts';
import { isAlive } from './process-identity.ts';
import { listSnapshots } from './snapshots.ts';

/** What there is of a lab. Never fails for a lab that is absent or broken: that is a state. */
export async function readLabStatus(lab: LabPaths): Promise<LabStatus> {
  const record = await readLabRecord(lab);
  if (record === undefined) return { name: lab.name, state: 'absent', hosts: [], snapshots: [] };
  const supervisor = await readSupervisorRecord(lab);
  const answered =
    supervisor !== undefined && isAlive(supervisor) ? await askForHosts(lab).catch(() => undefined) : undefined;
  const stopped = (): HostStatus[] =>
    planHosts(record.controlPlanes, record.workers).map((host) => ({
      ...host,
      state: 'stopped',
      boots: 0,
      cut: false,
    }));
  return {
    name: lab.name,
    state: answered === undefined ? 'broken' : 'up',
    folder: record.folder,
    namespace: lab.namespace,
    ...(record.bundle === undefined ? {} : { bundle: record.bundle }),
    hosts: answered ?? stopped(),
    snapshots: await listSnapshots(record.cache, lab.name),
  };
}
