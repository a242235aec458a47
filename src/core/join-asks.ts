import type { Argv, Ask, CommandOutput, Joint } from './fact.ts';

/** A command that answers one or several questions to a host. */
export interface AskedCommand {
  readonly argv: Argv;
  readonly asks: readonly Ask[];
  /** The output for each of `asks`, in their order. */
  split(output: CommandOutput): readonly CommandOutput[];
}

function single(question: Ask): AskedCommand {
  return { argv: question.argv, asks: [question], split: (output) => [output] };
}

function together(joint: Joint, asks: readonly Ask[]): AskedCommand {
  const questions = asks.map(({ argv }) => argv);
  return { argv: joint.join(questions), asks, split: (output) => joint.split(output, questions) };
}

/** The commands that answer these questions of one host: as few as their facts allow, in the order of the questions. */
export function joinAsks(asks: readonly Ask[]): readonly AskedCommand[] {
  const groups = new Map<Joint | Ask, Ask[]>();
  for (const question of asks) {
    const key = question.joint ?? question;
    groups.set(key, [...(groups.get(key) ?? []), question]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined) return [];
    return first.joint === undefined || others.length === 0 ? [single(first)] : [together(first.joint, group)];
  });
}
