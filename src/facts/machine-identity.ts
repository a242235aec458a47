import { type Fact, FactUnreadable } from '../core/fact.ts';

/** What should be a machine's own. */
export interface MachineIdentity {
  readonly hostname: string;
  /** Empty where /etc/machine-id is missing or empty. */
  readonly machineId: string;
  /** `uname -r`: `6.1.0-21-amd64`. */
  readonly kernel: string;
  /** `x86_64`, `aarch64`, … */
  readonly architecture: string;
}

const PROGRAM = 'uname -n; uname -r; uname -m; cat /etc/machine-id 2>/dev/null; true';

/** Name, machine-id and kernel of a host. */
export const machineIdentity: Fact<undefined, MachineIdentity> = {
  name: 'machine identity',
  command: () => ['sh', '-c', PROGRAM],
  parse({ stdout, stderr }) {
    const [hostname = '', kernel = '', architecture = '', machineId = ''] = stdout
      .split('\n')
      .map((line) => line.trim());
    if (hostname === '' || architecture === '') throw new FactUnreadable(stderr.trim() || 'uname printed too little');
    return { hostname, machineId, kernel, architecture };
  },
};
