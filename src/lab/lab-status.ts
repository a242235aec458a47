import { z } from 'zod';

export const hostState = z.enum(['booting', 'running', 'down', 'stopped', 'failed']);
/** `down` is between two boots; `stopped` stays down until it is started; `failed` was given up. */
export type HostState = z.infer<typeof hostState>;

export const hostStatus = z.object({
  name: z.string(),
  address: z.string(),
  role: z.enum(['control-plane', 'worker']),
  link: z.string(),
  state: hostState,
  /** How often it has been booted since `lab up`. */
  boots: z.number(),
  /** Whether its cable is cut. */
  cut: z.boolean(),
  /** The network namespace of this boot. */
  namespace: z.string().optional(),
  /** Its first process, seen from the machine. */
  pid: z.number().optional(),
});
export type HostStatus = z.infer<typeof hostStatus>;

/** `broken`: the supervisor has died, and nobody looks after the hosts; `lab down` and `lab up` mend it. */
export const labState = z.enum(['up', 'broken', 'absent']);

export const labStatus = z.object({
  name: z.string(),
  state: labState,
  /** The working folder with cluster.yaml and inventory.yaml. */
  folder: z.string().optional(),
  /** The network namespace of the deployer's seat. */
  namespace: z.string().optional(),
  bundle: z.string().optional(),
  hosts: z.array(hostStatus),
  snapshots: z.array(z.string()),
});
export type LabStatus = z.infer<typeof labStatus>;
