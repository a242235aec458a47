import type { ConfigPath, HostAddress } from '../../core/address.ts';
import type { AwsPlace, NodesOnAws } from '../../facts/aws-nodes.ts';

/** The place in cluster.yaml that asks for it. */
export const CLOUD_CONTROLLER_PATH: ConfigPath = ['spec', 'aws'];

/** Services of AWS that the controller calls. */
export const AWS_SERVICES = ['ec2', 'elasticloadbalancing'] as const;
export type AwsServiceName = (typeof AWS_SERVICES)[number];

/** Another address of a service of AWS. */
export interface ServiceEndpoint {
  readonly name: AwsServiceName;
  readonly url: string;
}

/** What the configuration says about the cloud controller of AWS. */
export interface CloudControllerSection {
  readonly region: string;
  readonly place: AwsPlace;
  readonly serviceEndpoints: readonly ServiceEndpoint[];
  /** A Secret in kube-system with AWS's usual variables; undefined: the role of the instance. */
  readonly credentialsSecret: string | undefined;
  /** What was learnt; undefined before anybody was asked. */
  readonly found?:
    | {
        /** The control-plane host that the cluster is asked through. */
        readonly at: HostAddress | undefined;
        readonly nodes: NodesOnAws;
      }
    | undefined;
}
