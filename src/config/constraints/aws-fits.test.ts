import { describe, expect, it } from 'vitest';
import { briefly, configOf, HEAD } from '../../../test/support/config-of.ts';

function problems(aws: string, inventory?: string): string[] {
  const provisioner = `kind: ClusterProvisioner\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  provider: aws\n${aws}---\n`;
  return briefly(configOf(`${provisioner}${HEAD}`, inventory)).filter((line) => !line.startsWith('info'));
}

const INTERNAL = '    elb: {internal: true}\n';

describe('a load balancer on AWS', () => {
  it('fits as it is written', () => {
    expect(problems(`  aws:\n    region: eu-west-1\n    availabilityZones: [eu-west-1a]\n${INTERNAL}`)).toEqual([]);
  });

  it.each([
    ['no zone', `  aws:\n    availabilityZones: []\n${INTERNAL}`, 'error provisioner cluster.yaml:6:24'],
    [
      'a zone twice',
      `  aws:\n    availabilityZones: [us-west-2a, us-west-2a]\n${INTERNAL}`,
      'error provisioner cluster.yaml:6:37',
    ],
    [
      'a zone of another region',
      `  aws:\n    availabilityZones: [eu-west-1a]\n${INTERNAL}`,
      'error provisioner cluster.yaml:6:25',
    ],
    [
      'a public address without any limits',
      '  aws:\n    elb: {internal: false}\n',
      'warning aws-open-api cluster.yaml:6:10',
    ],
    ['a public address by default', '', 'warning aws-open-api cluster.yaml:'],
    ['a tag of AWS’s own', `  aws:\n${INTERNAL}    tags: {"aws:x": y}\n`, 'error provisioner cluster.yaml:7:'],
    ['a tag that AWS does not take', `  aws:\n${INTERNAL}    tags: {x: "a|b"}\n`, 'error provisioner cluster.yaml:7:'],
    [
      'networks that are none',
      '  aws:\n    elb: {allowedCIDRs: [10.0.0.1/8]}\n',
      'error invalid-value cluster.yaml:6:26',
    ],
  ])('does not with %s', (_what, aws, expected) => {
    expect(problems(aws).filter((line) => line.startsWith(expected))).toHaveLength(1);
  });

  it('takes 45 tags, and not one more: AWS takes 50, and five are konvoy’s own', () => {
    const tags = (count: number) => Array.from({ length: count }, (_, index) => `t${index}: x`).join(', ');
    const problemsOf = (count: number) => problems(`  aws:\n${INTERNAL}    tags: {${tags(count)}}\n`);
    expect(problemsOf(45)).toEqual([]);
    expect(problemsOf(46)).toEqual([expect.stringMatching(/^error provisioner/)]);
  });

  it('is content with a public address where it is said who may reach it', () => {
    expect(problems('  aws:\n    elb: {allowedCIDRs: [203.0.113.0/24]}\n')).toEqual([]);
  });
});
