import { describe, expect, it } from 'vitest';
import { ANY_AWS_SECTION, FakeCloud, factsOf } from '../../../test/support/fake-cloud.ts';
import { topologyOf } from '../../../test/support/stand-in-kinds.ts';
import { targetChecks } from './checks.ts';
import type { AwsSection } from './section.ts';

const TOPOLOGY = topologyOf([
  ['10.0.0.1', 'control-plane'],
  ['10.0.0.2', 'control-plane'],
  ['10.0.0.9', 'worker'],
]);
const SECTION: AwsSection = { ...ANY_AWS_SECTION, subnetIds: [] };

async function judge(states: Readonly<Record<string, string>> | undefined) {
  const [check] = targetChecks(SECTION, TOPOLOGY);
  if (check === undefined) throw new Error('no check');
  const cloud = new FakeCloud({
    'describe-target-groups': states && { TargetGroups: [{ TargetGroupArn: 'arn', Protocol: 'TCP' }] },
    'describe-target-health': {
      TargetHealthDescriptions: Object.entries(states ?? {}).map(([Id, State]) => ({
        Target: { Id, Port: 6443 },
        TargetHealth: { State, Description: State === 'unhealthy' ? 'Health checks failed' : undefined },
      })),
    },
  });
  return check.judge(await factsOf(cloud, check.asks, (facts) => check.asksMore?.(facts) ?? []));
}

describe('the load balancer’s targets', () => {
  it('are all healthy', async () => {
    expect(await judge({ '10.0.0.1': 'healthy', '10.0.0.2': 'healthy' })).toEqual({ is: 'pass', summary: '2 of 2' });
  });

  it('are told with AWS’s reason where they are not', async () => {
    const verdict = await judge({ '10.0.0.1': 'unhealthy', '10.0.0.2': 'initial' });
    const summary = '10.0.0.1 is unhealthy (Health checks failed), 10.0.0.2 is initial';
    expect(verdict).toMatchObject({ is: 'fail', summary });
  });

  it('have to be registered', async () => {
    expect(await judge({ '10.0.0.1': 'healthy' })).toMatchObject({ is: 'fail', summary: '10.0.0.2 is not registered' });
    expect(await judge(undefined)).toMatchObject({ is: 'fail', summary: 'it is not there' });
  });

  it('are nobody’s business where there is no AWS', () => {
    expect(targetChecks(undefined, TOPOLOGY)).toEqual([]);
  });
});
