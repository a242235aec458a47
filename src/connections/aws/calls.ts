import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand as DescribeEc2TagsCommand,
  EC2Client,
  type EC2ClientConfig,
  ModifyInstanceAttributeCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsService } from '../../facts/aws-call.ts';
import type { CloudChanges } from '../cloud.ts';

/** How one change goes out: its input in, AWS's answer back. Throws what the SDK throws. Never broken off. */
export type Call<I, O> = (input: I) => Promise<O>;

/** How one question goes out. Inputs were made by `facts/`. */
export type Question = (input: object, signal: AbortSignal) => Promise<Page & object>;

/** An answer with what leads to its next page. */
export interface Page {
  readonly NextToken?: string | undefined;
  readonly NextMarker?: string | undefined;
}

/** The calls of both services. Naming each keeps the hundreds of others out of the program. */
export interface AwsCalls {
  /** By service and the action as AWS's own command spells it. */
  readonly questions: Readonly<Record<AwsService, Readonly<Record<string, Question>>>>;
  readonly changes: { readonly [A in keyof CloudChanges]: Call<CloudChanges[A][0], CloudChanges[A][1]> };
  close(): void;
}

/** Addresses of services that are not AWS's own, by what its addresses call them. */
export type ServiceUrls = Readonly<Partial<Record<'ec2' | 'elasticloadbalancing', string>>>;

/** Makes both clients with the same settings, but for where they are. Nothing is called yet. */
export function makeCalls(config: EC2ClientConfig, urls: ServiceUrls = {}): AwsCalls {
  const at = (endpoint: string | undefined) => (endpoint === undefined ? config : { ...config, endpoint });
  const ec2 = new EC2Client(at(urls.ec2));
  const elb = new ElasticLoadBalancingV2Client(at(urls.elasticloadbalancing));
  return {
    questions: {
      ec2: {
        'describe-instances': (input, abortSignal) => ec2.send(new DescribeInstancesCommand(input), { abortSignal }),
        'describe-route-tables': (input, abortSignal) =>
          ec2.send(new DescribeRouteTablesCommand(input), { abortSignal }),
        'describe-security-group-rules': (input, abortSignal) =>
          ec2.send(new DescribeSecurityGroupRulesCommand(input), { abortSignal }),
        'describe-security-groups': (input, abortSignal) =>
          ec2.send(new DescribeSecurityGroupsCommand(input), { abortSignal }),
        'describe-subnets': (input, abortSignal) => ec2.send(new DescribeSubnetsCommand(input), { abortSignal }),
        'describe-tags': (input, abortSignal) => ec2.send(new DescribeEc2TagsCommand(input), { abortSignal }),
      },
      elbv2: {
        'describe-listeners': (input, abortSignal) => elb.send(new DescribeListenersCommand(input), { abortSignal }),
        'describe-load-balancer-attributes': (input, abortSignal) =>
          elb.send(new DescribeLoadBalancerAttributesCommand(withArn(input, 'LoadBalancerArn')), { abortSignal }),
        'describe-load-balancers': (input, abortSignal) =>
          elb.send(new DescribeLoadBalancersCommand(input), { abortSignal }),
        'describe-tags': (input, abortSignal) =>
          elb.send(new DescribeTagsCommand({ ResourceArns: [], ...input }), { abortSignal }),
        'describe-target-group-attributes': (input, abortSignal) =>
          elb.send(new DescribeTargetGroupAttributesCommand(withArn(input, 'TargetGroupArn')), { abortSignal }),
        'describe-target-groups': (input, abortSignal) =>
          elb.send(new DescribeTargetGroupsCommand(input), { abortSignal }),
        'describe-target-health': (input, abortSignal) =>
          elb.send(new DescribeTargetHealthCommand(withArn(input, 'TargetGroupArn')), { abortSignal }),
      },
    },
    changes: {
      CreateSecurityGroup: (input) => ec2.send(new CreateSecurityGroupCommand(input)),
      DeleteSecurityGroup: (input) => ec2.send(new DeleteSecurityGroupCommand(input)),
      AuthorizeSecurityGroupIngress: (input) => ec2.send(new AuthorizeSecurityGroupIngressCommand(input)),
      RevokeSecurityGroupIngress: (input) => ec2.send(new RevokeSecurityGroupIngressCommand(input)),
      CreateTags: (input) => ec2.send(new CreateTagsCommand(input)),
      DeleteTags: (input) => ec2.send(new DeleteTagsCommand(input)),
      ModifyInstanceAttribute: (input) => ec2.send(new ModifyInstanceAttributeCommand(input)),
      CreateTargetGroup: (input) => elb.send(new CreateTargetGroupCommand(input)),
      ModifyTargetGroup: (input) => elb.send(new ModifyTargetGroupCommand(input)),
      ModifyTargetGroupAttributes: (input) => elb.send(new ModifyTargetGroupAttributesCommand(input)),
      DeleteTargetGroup: (input) => elb.send(new DeleteTargetGroupCommand(input)),
      RegisterTargets: (input) => elb.send(new RegisterTargetsCommand(input)),
      DeregisterTargets: (input) => elb.send(new DeregisterTargetsCommand(input)),
      CreateLoadBalancer: (input) => elb.send(new CreateLoadBalancerCommand(input)),
      ModifyLoadBalancerAttributes: (input) => elb.send(new ModifyLoadBalancerAttributesCommand(input)),
      SetSecurityGroups: (input) => elb.send(new SetSecurityGroupsCommand(input)),
      SetSubnets: (input) => elb.send(new SetSubnetsCommand(input)),
      DeleteLoadBalancer: (input) => elb.send(new DeleteLoadBalancerCommand(input)),
      CreateListener: (input) => elb.send(new CreateListenerCommand(input)),
      ModifyListener: (input) => elb.send(new ModifyListenerCommand(input)),
      DeleteListener: (input) => elb.send(new DeleteListenerCommand(input)),
      AddTags: (input) => elb.send(new AddTagsCommand(input)),
    },
    close() {
      ec2.destroy();
      elb.destroy();
    },
  };
}

/** The input with an ARN that must be there: the SDK's types know it, a question's JSON does not. */
function withArn<N extends string>(input: object, name: N): { readonly [K in N]: string } {
  const found = Object.entries(input).find(([key]) => key === name)?.[1];
  if (typeof found !== 'string') throw new Error(`a question without ${name}`);
  return { [name]: found } as { readonly [K in N]: string };
}
