import type { Role } from '../core/topology.ts';

/** One host of a lab. `link` is the name of its cable at the lab's bridge. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly role: Role;
  readonly link: string;
}

/** The machine that runs konvoy, as the hosts see it: an address on the lab's bridge. */
export const DEPLOYER_ADDRESS = '10.0.50.1';
/** The seed page's own sample values; every lab uses them, each in its own network namespace. */
export const LAB_VIP = '10.0.50.20';
export const LAB_ENDPOINT = `${LAB_VIP}:6443`;
export const LAB_POD_SUBNET = '192.168.0.0/16';
export const LAB_SERVICE_SUBNET = '10.0.51.0/24';

/** .11–.19: the VIP has .20. */
export const MAX_CONTROL_PLANES = 9;
/** .21–.24, then .101–.254: MetalLB's sample range is .25–.50. */
export const MAX_WORKERS = 4 + 154;

/** The hosts of a lab, control planes first. Counts must be in range: 1–9 control planes, 0–158 workers. */
export function planHosts(controlPlanes: number, workers: number): LabHost[] {
  const hosts: LabHost[] = [];
  for (let index = 1; index <= controlPlanes; index++) hosts.push(labHost(`cp${index}`, 'control-plane', 10 + index));
  for (let index = 1; index <= workers; index++) {
    hosts.push(labHost(`worker${index}`, 'worker', index <= 4 ? 20 + index : 96 + index));
  }
  return hosts;
}

function labHost(name: string, role: Role, last: number): LabHost {
  return { name, address: `10.0.50.${last}`, role, link: `host${last}` };
}

/** Finds a host by its name or its address. */
export function findHost(hosts: readonly LabHost[], wanted: string): LabHost | undefined {
  return hosts.find((host) => host.name === wanted || host.address === wanted);
}
