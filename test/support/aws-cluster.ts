import { editCluster, rewrite, withoutHosts, withoutKeepalived } from './firewall-folder.ts';
import type { Lab } from './lab.ts';
import type { LabAws, LabCloud } from './lab-aws.ts';
import { REGION } from './moto.ts';

/** What a user writes for a cluster on AWS. */
export interface AwsCluster {
  /** Hosts of the lab that are none of it. */
  readonly without: readonly string[];
  /** Where the API answers; undefined: wherever the load balancer is that konvoy makes. */
  readonly endpoint: string | undefined;
  /** YAML below `spec` of the cluster. */
  readonly more?: string;
}

/** Makes the files of a lab's folder those of a cluster in `cloud`, which AWS's imitation holds. */
export function writeAwsCluster(lab: Lab, folder: string, aws: LabAws, cloud: LabCloud, wanted: AwsCluster): void {
  const { without, endpoint, more = '' } = wanted;
  const leadTo = (text: string, line: RegExp) =>
    endpoint === undefined ? text.replace(line, '') : text.replace('10.0.50.20', endpoint);
  rewrite(folder, 'inventory.yaml', (text) =>
    leadTo(withoutHosts(text, ...without), /^ *control_plane_endpoint: .*\n/m),
  );
  editCluster(
    folder,
    (text) => `kind: ClusterProvisioner
apiVersion: konvoy.mesosphere.io/v1beta2
metadata:
  name: ${lab.name}
spec:
  provider: aws
  aws:
    region: ${REGION}
    availabilityZones: [${cloud.zone}]
    vpc:
      ID: ${cloud.vpc}
    elb:
      internal: true
      subnetIDs: [${cloud.subnet}]
    serviceEndpoints:
      - {name: ec2, url: ${aws.url}}
      - {name: elasticloadbalancing, url: ${aws.url}}
    cloudController:
      credentialsSecret: aws
---
${leadTo(withoutKeepalived(text), /^ *controlPlaneEndpointOverride: .*\n/m)}${more}`,
  );
}
