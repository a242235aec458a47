import type * as ec2 from '@aws-sdk/client-ec2';
import type * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import { CLOUD } from '../core/address.ts';
import { ApiError, ConnectionError } from '../core/errors.ts';
import type { HostConnections, HostReader } from './host.ts';

/**
 * What may be done with a cloud while nothing must change: questions made by `facts/aws-call.ts`, as if they were asked of
 * a host. What is not there is an answer; all else that goes wrong throws `ApiError`.
 */
export type CloudReader = HostReader;

/** Everything that konvoy may do in a cloud, with what AWS takes and gives for it. */
export interface CloudChanges {
  CreateSecurityGroup: [ec2.CreateSecurityGroupRequest, ec2.CreateSecurityGroupResult];
  DeleteSecurityGroup: [ec2.DeleteSecurityGroupRequest, ec2.DeleteSecurityGroupResult];
  AuthorizeSecurityGroupIngress: [ec2.AuthorizeSecurityGroupIngressRequest, ec2.AuthorizeSecurityGroupIngressResult];
  RevokeSecurityGroupIngress: [ec2.RevokeSecurityGroupIngressRequest, ec2.RevokeSecurityGroupIngressResult];
  CreateTags: [ec2.CreateTagsRequest, object];
  DeleteTags: [ec2.DeleteTagsRequest, object];
  ModifyInstanceAttribute: [ec2.ModifyInstanceAttributeRequest, object];
  CreateTargetGroup: [elb.CreateTargetGroupInput, elb.CreateTargetGroupOutput];
  ModifyTargetGroup: [elb.ModifyTargetGroupInput, elb.ModifyTargetGroupOutput];
  ModifyTargetGroupAttributes: [elb.ModifyTargetGroupAttributesInput, elb.ModifyTargetGroupAttributesOutput];
  DeleteTargetGroup: [elb.DeleteTargetGroupInput, elb.DeleteTargetGroupOutput];
  RegisterTargets: [elb.RegisterTargetsInput, elb.RegisterTargetsOutput];
  DeregisterTargets: [elb.DeregisterTargetsInput, elb.DeregisterTargetsOutput];
  CreateLoadBalancer: [elb.CreateLoadBalancerInput, elb.CreateLoadBalancerOutput];
  ModifyLoadBalancerAttributes: [elb.ModifyLoadBalancerAttributesInput, elb.ModifyLoadBalancerAttributesOutput];
  SetSecurityGroups: [elb.SetSecurityGroupsInput, elb.SetSecurityGroupsOutput];
  SetSubnets: [elb.SetSubnetsInput, elb.SetSubnetsOutput];
  DeleteLoadBalancer: [elb.DeleteLoadBalancerInput, elb.DeleteLoadBalancerOutput];
  CreateListener: [elb.CreateListenerInput, elb.CreateListenerOutput];
  ModifyListener: [elb.ModifyListenerInput, elb.ModifyListenerOutput];
  DeleteListener: [elb.DeleteListenerInput, elb.DeleteListenerOutput];
  AddTags: [elb.AddTagsInput, elb.AddTagsOutput];
}

export type CloudAction = keyof CloudChanges;

/** A reader that may also write. Only `kinds/` hold one. */
export interface CloudWriter extends CloudReader {
  /** Throws `ApiError`; `resource` is what its message names. */
  change<A extends CloudAction>(action: A, resource: string, input: CloudChanges[A][0]): Promise<CloudChanges[A][1]>;
}

/** The way to a cloud. Nothing is loaded or called before it is asked for. */
export interface CloudConnection {
  reader(): Promise<CloudReader>;
  writer(): Promise<CloudWriter>;
  close(): Promise<void>;
}

/** The same connections to hosts, with the cloud's reader beside theirs. */
export function withCloud(hosts: HostConnections, cloud: CloudConnection): HostConnections {
  return {
    reader: (host) => (host === CLOUD ? cloud.reader() : hosts.reader(host)),
    writer: (host) => hosts.writer(host),
    fresh: (host) => hosts.fresh(host),
    close: async () => {
      await Promise.all([hosts.close(), cloud.close()]);
    },
  };
}

/** The cloud as one of many hosts: where it says nothing, it is unreachable, and does not hide what hosts say. */
export function asHost(cloud: CloudConnection): CloudConnection {
  return {
    ...cloud,
    async reader() {
      const reader = await cloud.reader();
      return {
        address: reader.address,
        query: (commands) =>
          reader.query(commands).catch((error: unknown) => {
            if (!(error instanceof ApiError)) throw error;
            throw new ConnectionError(CLOUD, 'unreachable', error.message, { hint: error.hint, cause: error });
          }),
      };
    },
  };
}

/** Connections where no host takes part: only the cloud is spoken to. */
export const NO_HOSTS: HostConnections = {
  reader: (host) => noHost(host),
  writer: (host) => noHost(host),
  fresh: (host) => noHost(host),
  close: async () => undefined,
};

async function noHost(host: string): Promise<never> {
  throw new Error(`${host}: no host takes part in this`);
}
