import { z } from 'zod';
import { ipv4Network, matching } from '../../config/value-types.ts';

const subnetId = matching(/^subnet-[0-9a-f]+$/, 'a subnet id such as subnet-0a1b2c3d');
const securityGroupId = matching(/^sg-[0-9a-f]+$/, 'a security group id such as sg-0a1b2c3d');

/** `ClusterProvisioner.spec.aws.elb`: the load balancer of the Kubernetes API on AWS. */
export const awsLoadBalancerSchema = z.looseObject({
  internal: z.boolean().default(false).describe('Whether the load balancer is only reachable inside of the VPC.'),
  subnetIDs: z
    .array(subnetId)
    .optional()
    .describe('Subnets of the load balancer, one per availability zone and in their order.'),
  apiServerPort: z.int().min(1).max(65535).default(6443).describe('Port of the load balancer.'),
  securityGroupIDs: z
    .array(securityGroupId)
    .optional()
    .describe('Security groups of the load balancer; rules go into the first one. Left out: konvoy makes one.'),
  allowedCIDRs: z
    .array(ipv4Network())
    .optional()
    .describe('Networks that may reach the API. Left out: everybody who can reach the load balancer.'),
  deletionProtection: z
    .boolean()
    .default(false)
    .describe('Whether AWS refuses to delete the load balancer; konvoy down then says so.'),
});
