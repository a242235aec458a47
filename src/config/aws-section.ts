import type { AwsSection } from '../components/aws-nlb/section.ts';
import type { AwsServiceName, CloudControllerSection } from '../components/cloud-controller/section.ts';
import type { AwsPlace } from '../facts/aws-nodes.ts';
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
      serviceEndpoints: [],
      skipMetadataAPICheck: false,
    }
  );
}

/** How AWS is reached: the region, and the addresses that its services have there instead of AWS's own. */
export interface WayToAws {
  readonly region: string;
  readonly serviceUrls: Readonly<Partial<Record<AwsServiceName, string>>>;
}

/** The way to AWS; undefined where the cluster is not there. */
export function wayToAws(cluster: Cluster): WayToAws | undefined {
  const aws = awsSettings(cluster);
  if (aws === undefined) return undefined;
  const { region, serviceEndpoints } = aws;
  return { region, serviceUrls: Object.fromEntries(serviceEndpoints.map(({ name, url }) => [name, url])) };
}

/** Where the machines are, as far as it is said; undefined where they are not on AWS. */
export function awsPlace(cluster: Cluster): AwsPlace | undefined {
  const aws = awsSettings(cluster);
  return aws && { vpcId: aws.vpc?.ID, subnetIds: aws.elb?.subnetIDs };
}

/** The section of the cloud controller. */
export function cloudControllerSection(cluster: Cluster): CloudControllerSection | undefined {
  const [aws, place] = [awsSettings(cluster), awsPlace(cluster)];
  if (aws === undefined || place === undefined) return undefined;
  const { region, serviceEndpoints, cloudController } = aws;
  return { region, place, serviceEndpoints, credentialsSecret: cloudController?.credentialsSecret };
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
