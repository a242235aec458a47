import type { Component } from '../../core/component.ts';
import { targetChecks } from './checks.ts';
import { desired } from './desired.ts';
import { discover } from './discover.ts';
import type { AwsSection } from './section.ts';

/** The address of the API on AWS: a network load balancer in front of the control plane. */
export const awsNlb: Component<AwsSection> = {
  name: 'aws-nlb',
  stage: 'provision',
  discover,
  desired,
  checks: () => [],
};

/** What the hosts' own stages see of it: whether the API servers that they have are reached. */
export const awsTargets: Component<AwsSection> = {
  name: 'aws-targets',
  stage: 'kubernetes',
  desired: () => [],
  checks: targetChecks,
};
