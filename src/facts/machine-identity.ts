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

/** uname prints what it is asked for on one line, in an order of its own: name, kernel, architecture. */
const PROGRAM = 'uname -nrm; cat /etc/machine-id 2>/dev/null; true';

/** Name, machine-id and kernel of a host. */
export const machineIdentity: Fact<undefined, MachineIdentity> = {
  name: 'machine identity',
  command: () => ['sh', '-c', PROGRAM],
  parse({ stdout, stderr }) {
    const [first = '', machineId = ''] = stdout.split('\n').map((line) => line.trim());
    const [hostname = '', kernel = '', architecture = ''] = first.split(' ');
    if (hostname === '' || architecture === '') throw new FactUnreadable(stderr.trim() || 'uname printed too little');
    return { hostname, machineId, kernel, architecture };
  },
};
