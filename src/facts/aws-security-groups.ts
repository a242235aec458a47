import type { Fact } from '../core/fact.ts';
import { jsonAt, textAt } from '../core/json.ts';
import { awsAnswer, awsQuestion, objectsOf, pairsOf, wantText } from './aws-call.ts';
import { jointFilter } from './aws-joint.ts';

/** A security group. */
export interface AwsGroup {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Groups of a name, in any VPC, or those with a tag. */
export type GroupQuestion = { readonly name: string } | { readonly tag: string };

export const awsGroups: Fact<GroupQuestion, readonly AwsGroup[]> = {
  name: 'the security groups on AWS',
  command: (question) =>
    awsQuestion('ec2', 'describe-security-groups', {
      Filters: [
        'name' in question
          ? { Name: 'group-name', Values: [question.name] }
          : { Name: 'tag-key', Values: [question.tag] },
      ],
    }),
  parse: (output) =>
    objectsOf(awsAnswer(output), 'SecurityGroups')
      .filter((group) => textAt(group, 'VpcId') !== undefined)
      .map((group) => ({
        id: wantText(group, 'GroupId'),
        name: wantText(group, 'GroupName'),
        vpcId: wantText(group, 'VpcId'),
        tags: pairsOf(group, 'Tags'),
      })),
};

/** A rule of a security group that lets something in. */
export interface AwsGroupRule {
  readonly id: string;
  readonly protocol: string;
  /** −1 for all, and where the protocol has no ports. */
  readonly from: number;
  readonly to: number;
  /** The id of a group, or a block of addresses. */
  readonly source: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a group lets in, by its id. */
export const awsGroupRules: Fact<string, readonly AwsGroupRule[]> = {
  name: 'the rules of security groups on AWS',
  command: (groupId) =>
    awsQuestion('ec2', 'describe-security-group-rules', { Filters: [{ Name: 'group-id', Values: [groupId] }] }),
  parse: (output) =>
    objectsOf(awsAnswer(output), 'SecurityGroupRules')
      .filter((rule) => jsonAt(rule, 'IsEgress') === false)
      .map((rule) => ({
        id: wantText(rule, 'SecurityGroupRuleId'),
        protocol: wantText(rule, 'IpProtocol'),
        from: Number(jsonAt(rule, 'FromPort') ?? -1),
        to: Number(jsonAt(rule, 'ToPort') ?? -1),
        source:
          textAt(rule, 'ReferencedGroupInfo', 'GroupId') ??
          textAt(rule, 'CidrIpv4') ??
          textAt(rule, 'CidrIpv6') ??
          textAt(rule, 'PrefixListId') ??
          '',
        tags: pairsOf(rule, 'Tags'),
      })),
  joint: jointFilter('describe-security-group-rules', 'group-id', 'SecurityGroupRules', 'GroupId'),
};
