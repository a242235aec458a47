import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { LabPaths } from './lab-paths.ts';

/** What a lab was made of, written before anything of it is made, so that `lab down` knows after any accident. */
const labRecord = z.object({
  name: z.string(),
  controlPlanes: z.number(),
  workers: z.number(),
  /** The cache whose disk holds the hosts. */
  cache: z.string(),
  folder: z.string(),
  bundle: z.string().optional(),
});
export type LabRecord = z.infer<typeof labRecord>;

const supervisorRecord = z.object({ pid: z.number(), started: z.string() });
export type SupervisorRecord = z.infer<typeof supervisorRecord>;

/** Undefined where there is no such lab. */
export async function readLabRecord(lab: LabPaths): Promise<LabRecord | undefined> {
  return await readJson(lab.record, labRecord);
}

export async function writeLabRecord(lab: LabPaths, record: LabRecord): Promise<void> {
  await writeJson(lab.record, record);
}

export async function readSupervisorRecord(lab: LabPaths): Promise<SupervisorRecord | undefined> {
  return await readJson(lab.supervisor, supervisorRecord);
}

export async function writeSupervisorRecord(lab: LabPaths, record: SupervisorRecord): Promise<void> {
  await writeJson(lab.supervisor, record);
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** In one step: a reader sees the old file or the new one. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
