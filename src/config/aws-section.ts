import type { AwsSection } from '../components/aws-nlb/section.ts';
import type { Cluster } from './cluster.ts';
import type { ProvisionerDocument } from './provisioner-schema.ts';

type AwsSettings = NonNullable<ProvisionerDocument['spec']['aws']>;

/** What is said about AWS, with defaults also where nothing is said; undefined where the machines are not there. */
export function awsSettings(cluster: Cluster): AwsSettings | undefined {
  if (cluster.provider !== 'aws') return undefined;
  return (
    cluster.provisioner?.spec.aws ?? {
      region: 'us-west-2',
      availabilityZones: ['us-west-2c'],
      skipMetadataAPICheck: false,
    }
  );
}

/** The section of the load balancer of the API on AWS. */
export function awsSection(cluster: Cluster): AwsSection | undefined {
  const aws = awsSettings(cluster);
  if (aws === undefined) return undefined;
  const { elb } = aws;
  const pools = cluster.provisioner?.spec.nodePools ?? [];
  return {
    ensure: 'present',
    vpcId: aws.vpc?.ID,
    zones: aws.availabilityZones,
    subnetIds: elb?.subnetIDs,
    internal: elb?.internal ?? false,
    port: elb?.apiServerPort ?? 6443,
    securityGroupIds: elb?.securityGroupIDs,
    allowedCidrs: elb?.allowedCIDRs ?? [],
    deletionProtection: elb?.deletionProtection ?? false,
    tags: aws.tags ?? {},
    pools: Object.fromEntries(
      pools.map(({ name, machine }) => [
        name,
        { subnetIds: machine?.aws?.subnetIDs ?? [], groupIds: machine?.aws?.securityGroupIDs ?? [] },
      ]),
    ),
  };
}
