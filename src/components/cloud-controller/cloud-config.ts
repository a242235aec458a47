import type { AwsServiceName, CloudControllerSection } from './section.ts';

/** What the controller's configuration calls services (their ids in AWS's SDK for Go), and how calls to them are signed. */
const OVERRIDES: Readonly<Record<AwsServiceName, readonly string[]>> = {
  ec2: ['EC2'],
  elasticloadbalancing: ['Elastic Load Balancing', 'Elastic Load Balancing v2'],
};

export interface CloudConfig extends Pick<CloudControllerSection, 'region' | 'serviceEndpoints'> {
  readonly clusterName: string;
  readonly vpcId: string;
  readonly subnetId: string;
}

/** The format's quoted value: what would end it is written with a backslash (gopkg.in/gcfg.v1). */
function quote(text: string): string {
  if (/[\p{Cc}]/u.test(text)) throw new Error(`${JSON.stringify(text)} has no place in a cloud configuration`);
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function section(header: string, entries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(entries).map(([name, value]) => `${name} = ${quote(value)}\n`);
  return `[${header}]\n${lines.join('')}`;
}

/**
 * The configuration of the controller (k8s.io/cloud-provider-aws, pkg/providers/v1/config). With VPC and subnet it asks no
 * metadata service which machine it runs on. Each network load balancer gets a security group of its own, because one that
 * is made without can never get any.
 */
export function printCloudConfig({ region, serviceEndpoints, clusterName, vpcId, subnetId }: CloudConfig): string {
  const overrides = serviceEndpoints.flatMap(({ name, url }) =>
    OVERRIDES[name].map((service) => ({
      Service: service,
      Region: region,
      URL: url,
      SigningRegion: region,
      SigningMethod: 'v4',
      SigningName: name,
    })),
  );
  return [
    section('Global', {
      Region: region,
      VPC: vpcId,
      SubnetID: subnetId,
      KubernetesClusterID: clusterName,
      NLBSecurityGroupMode: 'Managed',
    }),
    ...overrides.map((entries, index) => section(`ServiceOverride ${quote(`${index + 1}`)}`, entries)),
  ].join('\n');
}
