import type { AwsSection } from '../../src/components/aws-nlb/section.ts';
import type { CloudAction, CloudChanges, CloudConnection, CloudWriter } from '../../src/connections/cloud.ts';
import { CLOUD } from '../../src/core/address.ts';
import { askTogether } from '../../src/core/ask-together.ts';
import type { Argv, Ask, FactView } from '../../src/core/fact.ts';
import { FactStore } from '../../src/engine/fact-store.ts';
import { AWS_REFUSED, parseAwsQuestion } from '../../src/facts/aws-call.ts';

/** A cloud that answers questions with what a test says, by their action, and writes down what is to be changed. */
export class FakeCloud implements CloudConnection, CloudWriter {
  readonly address = CLOUD;
  readonly changes: (readonly [CloudAction, object])[] = [];
  /** By action, `describe-…`; undefined: nothing of that name. */
  answers: Readonly<Record<string, object | undefined>>;
  /** What AWS says to changes. */
  outputs: Partial<{ [A in CloudAction]: CloudChanges[A][1] }> = {};

  constructor(answers: Readonly<Record<string, object | undefined>> = {}) {
    this.answers = answers;
  }

  async query(commands: readonly Argv[]) {
    return commands.map((argv) => {
      const answer = this.answers[parseAwsQuestion(argv)?.action ?? ''];
      return answer === undefined
        ? { exit: AWS_REFUSED, stdout: '', stderr: '(ThingNotFound) not there' }
        : { exit: 0, stdout: JSON.stringify(answer), stderr: '' };
    });
  }

  async change<A extends CloudAction>(
    action: A,
    _resource: string,
    input: CloudChanges[A][0],
  ): Promise<CloudChanges[A][1]> {
    this.changes.push([action, input]);
    const output: CloudChanges[A][1] | undefined = this.outputs[action];
    return output ?? ({} as CloudChanges[A][1]);
  }

  reader = async () => this;
  writer = async () => this;
  close = async () => undefined;
}

/** What the cloud answers to questions, and to those that follow from the answers. */
export async function factsOf(
  cloud: FakeCloud,
  asks: readonly Ask[],
  more: (facts: FactView) => readonly Ask[] = () => [],
): Promise<FactView> {
  const facts = new FactStore();
  for (const next of [() => asks, () => more(facts)]) {
    for (const [question, output] of await askTogether(next(), (commands) => cloud.query(commands))) {
      if (output !== undefined) facts.store(question, output, { from: 0, until: 0 });
    }
  }
  return facts;
}

/** What cluster.yaml says of AWS where it says next to nothing; tests write over it what they are about. */
export const ANY_AWS_SECTION: AwsSection = {
  ensure: 'present',
  vpcId: undefined,
  zones: [],
  subnetIds: undefined,
  internal: true,
  port: 6443,
  securityGroupIds: undefined,
  allowedCidrs: [],
  deletionProtection: false,
  tags: {},
  pools: {},
};
