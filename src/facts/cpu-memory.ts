import { type Fact, FactUnreadable } from '../core/fact.ts';

/** What a host has to work with. */
export interface CpuMemory {
  /** Processors that programs may use. */
  readonly cpus: number;
  /** Whole memory in MiB, without what the kernel took for itself at boot. */
  readonly memoryMiB: number;
}

/** Processors and memory, counted as kubeadm counts them. */
export const cpuMemory: Fact<undefined, CpuMemory> = {
  name: 'processors and memory',
  command: () => ['sh', '-c', 'nproc && grep MemTotal: /proc/meminfo'],
  parse({ exit, stdout, stderr }) {
    const match = /^(\d+)\nMemTotal:\s+(\d+) kB$/m.exec(stdout);
    if (exit !== 0 || match === null) throw new FactUnreadable(stderr.trim() || `nproc printed "${stdout.trim()}"`);
    return { cpus: Number(match[1]), memoryMiB: Math.floor(Number(match[2]) / 1024) };
  },
};
