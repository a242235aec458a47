import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from './lab.ts';

/** The address of the lab's sample configuration. */
export const VIP = '10.0.50.20';
export const CONTROL_PLANES = ['cp1', 'cp2', 'cp3'] as const;

/** Which of some hosts have an address now, asked of their kernels. */
export async function holdersOf(lab: Lab, vip: string = VIP, hosts: readonly string[] = CONTROL_PLANES) {
  const found = await Promise.all(
    hosts.map(async (host) => {
      const output = await lab.onHost(host, 'ip', '-4', '-o', 'address', 'show', 'to', `${vip}/32`);
      return output === '' ? [] : [host];
    }),
  );
  return found.flat();
}

/** Waits until exactly one host has it, 10 s at most. */
export async function oneHolder(lab: Lab, vip: string = VIP, hosts: readonly string[] = CONTROL_PLANES) {
  let found: string[] = [];
  for (let attempt = 0; attempt < 30; attempt++) {
    found = await holdersOf(lab, vip, hosts);
    if (found.length === 1 && found[0] !== undefined) return found[0];
    await sleep(300);
  }
  throw new Error(`not exactly one holder of ${vip}: ${found.join(', ') || 'nobody'}`);
}
