import { z } from 'zod';
import { matching } from '../../config/value-types.ts';

/** The Calico release that is proved together with the default Kubernetes version. */
export const DEFAULT_CALICO_VERSION = 'v3.28.5';

/** `spec.containerNetworking.calico`. */
export const calicoSchema = z.strictObject({
  version: matching(/^v?[0-9]+\.[0-9]+\.[0-9]+$/, 'a version such as v3.28.5')
    .default(DEFAULT_CALICO_VERSION)
    .describe('Calico release.'),
  encapsulation: z
    .enum(['ipip', 'vxlan', 'none', 'ipipCrossSubnet', 'vxlanCrossSubnet'])
    .default('ipip')
    .describe(
      'How traffic between pods of different nodes is wrapped. With vxlan and vxlanCrossSubnet there is no BGP between nodes.',
    ),
  mtu: z
    .int()
    .min(576)
    .max(65535)
    .optional()
    .describe('MTU of the pods’ interfaces, in bytes. Left out: follows from the hosts and the encapsulation.'),
});

export type CalicoConfig = Readonly<z.infer<typeof calicoSchema>>;
