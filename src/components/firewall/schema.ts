import { z } from 'zod';

/** `spec.kubernetes.networking.iptables`. */
export const firewallSchema = z.strictObject({
  addDefaultRules: z.boolean().default(false).describe("Whether konvoy puts its rules into each host's chain INPUT."),
  addDerivedRules: z
    .boolean()
    .default(true)
    .describe(
      'Whether rules follow for what the default list forgets (SSH, VXLAN or IPIP, VRRP, Typha …). Only with addDefaultRules.',
    ),
});

export type FirewallSection = Readonly<z.infer<typeof firewallSchema>>;
