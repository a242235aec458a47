import type { CommandOutput, Fact } from '../core/fact.ts';
import { jsonAt, listAt, textAt } from '../core/json.ts';
import { awsAnswer, awsQuestion, objectsOf, pairsOf, wantText } from './aws-call.ts';
import { jointBalancerTags } from './aws-joint.ts';

/** A load balancer. */
export interface AwsBalancer {
  readonly arn: string;
  readonly dnsName: string;
  readonly type: string;
  readonly scheme: string;
  readonly vpcId: string;
  /** `provisioning`, `active`, `active_impaired`, `failed`. */
  readonly state: string;
  readonly subnetIds: readonly string[];
  readonly securityGroups: readonly string[];
}

function balancersIn(output: CommandOutput): readonly AwsBalancer[] {
  return objectsOf(awsAnswer(output), 'LoadBalancers').map((balancer) => ({
    arn: wantText(balancer, 'LoadBalancerArn'),
    dnsName: textAt(balancer, 'DNSName') ?? '',
    type: wantText(balancer, 'Type'),
    scheme: textAt(balancer, 'Scheme') ?? '',
    vpcId: textAt(balancer, 'VpcId') ?? '',
    state: textAt(balancer, 'State', 'Code') ?? '',
    subnetIds: objectsOf(balancer, 'AvailabilityZones').map((zone) => wantText(zone, 'SubnetId')),
    securityGroups: listAt(balancer, 'SecurityGroups').filter((id) => typeof id === 'string'),
  }));
}

/** The load balancer of a name; a name is unique in a region. Undefined where there is none. */
export const awsBalancer: Fact<string, AwsBalancer | undefined> = {
  name: 'the load balancer on AWS',
  command: (name) => awsQuestion('elbv2', 'describe-load-balancers', { Names: [name] }),
  parse: (output) => balancersIn(output)[0],
};

/** All load balancers of the region, but for classic ones. */
export const awsBalancers: Fact<undefined, readonly AwsBalancer[]> = {
  name: 'the load balancers on AWS',
  command: () => awsQuestion('elbv2', 'describe-load-balancers', {}),
  parse: balancersIn,
};

/** A target group. */
export interface AwsTargetGroup {
  readonly arn: string;
  readonly protocol: string;
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: string;
  readonly healthCheck: Readonly<Record<string, string>>;
}

/** What of a health check can differ, as AWS names it in answers and requests. */
export const HEALTH_CHECK_FIELDS = [
  'HealthCheckProtocol',
  'HealthCheckPort',
  'HealthCheckPath',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
] as const;

function targetGroupsIn(output: CommandOutput): readonly AwsTargetGroup[] {
  return objectsOf(awsAnswer(output), 'TargetGroups').map((group) => {
    const check = HEALTH_CHECK_FIELDS.map((field) => [field, String(jsonAt(group, field) ?? '')]);
    return {
      arn: wantText(group, 'TargetGroupArn'),
      protocol: wantText(group, 'Protocol'),
      port: Number(jsonAt(group, 'Port')),
      vpcId: textAt(group, 'VpcId') ?? '',
      targetType: textAt(group, 'TargetType') ?? '',
      healthCheck: { ...Object.fromEntries(check), Matcher: textAt(group, 'Matcher', 'HttpCode') ?? '' },
    };
  });
}

/** The target group of a name; a name is unique in a region. Undefined where there is none. */
export const awsTargetGroup: Fact<string, AwsTargetGroup | undefined> = {
  name: 'the target group on AWS',
  command: (name) => awsQuestion('elbv2', 'describe-target-groups', { Names: [name] }),
  parse: (output) => targetGroupsIn(output)[0],
};

/** The target groups behind a load balancer, by its ARN. */
export const awsTargetGroupsOf: Fact<string, readonly AwsTargetGroup[]> = {
  name: 'the target groups of a load balancer on AWS',
  command: (arn) => awsQuestion('elbv2', 'describe-target-groups', { LoadBalancerArn: arn }),
  parse: targetGroupsIn,
};

type Pairs = Readonly<Record<string, string>>;

/** The tags of a load balancer or a target group, by its ARN. */
export const awsBalancerTags: Fact<string, Pairs> = {
  name: 'the tags of load balancers on AWS',
  command: (arn) => awsQuestion('elbv2', 'describe-tags', { ResourceArns: [arn] }),
  parse: (output) => pairsOf(objectsOf(awsAnswer(output), 'TagDescriptions')[0], 'Tags'),
  joint: jointBalancerTags,
};

/** The attributes of a load balancer, by its ARN. */
export const awsBalancerAttributes: Fact<string, Pairs> = {
  name: 'the attributes of the load balancer on AWS',
  command: (arn) => awsQuestion('elbv2', 'describe-load-balancer-attributes', { LoadBalancerArn: arn }),
  parse: (output) => pairsOf(awsAnswer(output), 'Attributes'),
};

/** The attributes of a target group, by its ARN. */
export const awsTargetGroupAttributes: Fact<string, Pairs> = {
  name: 'the attributes of the target group on AWS',
  command: (arn) => awsQuestion('elbv2', 'describe-target-group-attributes', { TargetGroupArn: arn }),
  parse: (output) => pairsOf(awsAnswer(output), 'Attributes'),
};

/** A port that a load balancer listens on, and the target groups behind it. */
export interface AwsListener {
  readonly arn: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetGroupArns: readonly string[];
}

/** The listeners of a load balancer, by its ARN. */
export const awsListeners: Fact<string, readonly AwsListener[]> = {
  name: 'the listeners of the load balancer on AWS',
  command: (arn) => awsQuestion('elbv2', 'describe-listeners', { LoadBalancerArn: arn }),
  parse: (output) =>
    objectsOf(awsAnswer(output), 'Listeners').map((listener) => ({
      arn: wantText(listener, 'ListenerArn'),
      protocol: textAt(listener, 'Protocol') ?? '',
      port: Number(jsonAt(listener, 'Port')),
      targetGroupArns: objectsOf(listener, 'DefaultActions').flatMap((action) => {
        const only = textAt(action, 'TargetGroupArn');
        const several = objectsOf(action, 'ForwardConfig', 'TargetGroups').map((group) =>
          wantText(group, 'TargetGroupArn'),
        );
        return [...new Set([...(only === undefined ? [] : [only]), ...several])];
      }),
    })),
};

/** Who is behind a load balancer. */
export interface AwsTarget {
  /** The address, or the id of an instance. */
  readonly address: string;
  readonly port: number;
  /** `initial`, `healthy`, `unhealthy`, `unused`, `draining`, `unavailable`. */
  readonly state: string;
  readonly reason: string;
}

/** The targets of a target group, by its ARN. */
export const awsTargets: Fact<string, readonly AwsTarget[]> = {
  name: 'the targets of the target group on AWS',
  command: (arn) => awsQuestion('elbv2', 'describe-target-health', { TargetGroupArn: arn }),
  parse: (output) =>
    objectsOf(awsAnswer(output), 'TargetHealthDescriptions').map((target) => ({
      address: textAt(target, 'Target', 'Id') ?? '',
      port: Number(jsonAt(target, 'Target', 'Port')),
      state: textAt(target, 'TargetHealth', 'State') ?? '',
      reason: textAt(target, 'TargetHealth', 'Description') ?? '',
    })),
};
