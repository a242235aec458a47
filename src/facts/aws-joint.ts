import type { Argv, CommandOutput, Joint } from '../core/fact.ts';
import { type JsonValue, listAt, textAt } from '../core/json.ts';
import { AWS_REFUSED, awsQuestion, parseAwsQuestion } from './aws-call.ts';

/** The values of the only filter of a question. */
function valuesOf(argv: Argv): readonly string[] {
  const [filter] = listAt(parseAwsQuestion(argv)?.input, 'Filters');
  return listAt(filter, 'Values').filter((value) => typeof value === 'string');
}

/**
 * Makes one question to EC2 of several that filter by one name: `list` is where their answers stand, and `member` what an
 * answer has of the value that was asked for. More than 200 values are for the caller to part.
 */
export function jointFilter(action: `describe-${string}`, name: string, list: string, member: string): Joint {
  return {
    join(questions) {
      const values = [...new Set(questions.flatMap(valuesOf))];
      return awsQuestion('ec2', action, { Filters: [{ Name: name, Values: values }] });
    },
    split(output, questions) {
      if (output.exit !== 0) return questions.map(() => output);
      const answer: JsonValue = JSON.parse(output.stdout);
      return questions.map((question): CommandOutput => {
        const asked = new Set(valuesOf(question));
        const own = listAt(answer, list).filter((each) => asked.has(textAt(each, member) ?? ''));
        return { ...output, stdout: JSON.stringify({ [list]: own }) };
      });
    },
  };
}

/** The same for tags of load balancers and their target groups: at most 20 of them. A missing one fails all. */
export const jointBalancerTags: Joint = {
  join(questions) {
    const arns = [...new Set(questions.flatMap(arnsOf))];
    return awsQuestion('elbv2', 'describe-tags', { ResourceArns: arns });
  },
  split(output, questions) {
    if (output.exit === AWS_REFUSED) return questions.map(() => output);
    const answer: JsonValue = JSON.parse(output.stdout);
    return questions.map((question): CommandOutput => {
      const asked = new Set(arnsOf(question));
      const own = listAt(answer, 'TagDescriptions').filter((each) => asked.has(textAt(each, 'ResourceArn') ?? ''));
      return { ...output, stdout: JSON.stringify({ TagDescriptions: own }) };
    });
  },
};

function arnsOf(argv: Argv): readonly string[] {
  return listAt(parseAwsQuestion(argv)?.input, 'ResourceArns').filter((value) => typeof value === 'string');
}
