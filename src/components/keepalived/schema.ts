import { z } from 'zod';
import { judged } from '../../config/value-types.ts';

/** `spec.kubernetes.controlPlane.keepalived`. The key's presence turns keepalived on. */
export const keepalivedSchema = z.strictObject({
  interface: judged((value) =>
    // Linux: at most 15 bytes, no slash, no space; what is left out beyond that has a meaning in keepalived.conf.
    /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,14}$/.test(value)
      ? undefined
      : { message: 'must be the name of a network interface such as ens20f0 (at most 15 characters)' },
  )
    .optional()
    .meta({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,14}$' })
    .describe(
      'Network interface of the virtual IP address. Left out: found on each host from its route to the address.',
    ),
  vrid: z
    .int()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'Virtual router id, unique on the network segment. Left out: picked at random once, then read back from the hosts.',
    ),
});

export type KeepalivedSection = Readonly<z.infer<typeof keepalivedSchema>>;
