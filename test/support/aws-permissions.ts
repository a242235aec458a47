import { makeCalls } from '../../src/connections/aws/calls.ts';

/** Changes of EC2; all others are of load balancing. */
const OF_EC2 = /SecurityGroup(Ingress)?$|^(Create|Delete)Tags$|InstanceAttribute$/;

function actionOf(name: string): string {
  return name
    .split('-')
    .map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
    .join('');
}

/** What an account must be allowed for konvoy's calls, as IAM names it, in order. */
export function permissions(): readonly string[] {
  const calls = makeCalls({ region: 'us-west-2' });
  const questions = Object.entries({ ec2: 'ec2', elbv2: 'elasticloadbalancing' } as const).flatMap(
    ([service, prefix]) =>
      Object.keys(calls.questions[service === 'ec2' ? 'ec2' : 'elbv2']).map((name) => `${prefix}:${actionOf(name)}`),
  );
  const changes = Object.keys(calls.changes).map(
    (name) => `${OF_EC2.test(name) ? 'ec2' : 'elasticloadbalancing'}:${name}`,
  );
  calls.close();
  return [...questions, ...changes].sort();
}
