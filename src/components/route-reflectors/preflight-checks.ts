import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import { reflectorsOf, type Topology, type TopologyHost } from '../../core/topology.ts';
import { cpuMemory } from '../../facts/cpu-memory.ts';

/** The networking page: "at least 2 CPU Core and 4Gb Memory". */
const LEAST_CPUS = 2;
/** Of 4 GiB a kernel keeps up to a tenth for itself. */
const LEAST_MIB = 4096 * 0.9;

function sizeCheck({ address }: TopologyHost): Check {
  const size = ask(cpuMemory, address, undefined);
  return {
    id: `reflector-size@${address}`,
    phase: 'preflight',
    title: `${address}: enough processors and memory for a route reflector`,
    asks: [size],
    judge(facts) {
      const answer = facts.get(size);
      if (!answer.ok) return { is: 'unknown', why: answer.why };
      const { cpus, memoryMiB } = answer.value;
      if (cpus >= LEAST_CPUS && memoryMiB >= LEAST_MIB) return { is: 'pass', summary: `${cpus} CPU, ${memoryMiB} MiB` };
      return {
        is: 'fail',
        summary: `the host has ${cpus} CPU and ${memoryMiB} MiB of memory; a route reflector needs ${LEAST_CPUS} CPU and 4 GiB`,
        hint: 'give it more, or put another host into the pool route-reflector',
      };
    },
  };
}

/** Whether the hosts of reflectors are large enough. */
export function preflightChecks(topology: Topology): readonly Check[] {
  return reflectorsOf(topology).map(sizeCheck);
}
