import type { Argv, Ask, CommandOutput, Joint } from './fact.ts';

/** A command that answers one or several questions to a host. */
interface AskedCommand {
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
function joinAsks(asks: readonly Ask[]): readonly AskedCommand[] {
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

/**
 * Asks questions of one host in one round trip: `query` runs commands there and gives their outputs in order. Each question
 * comes back with what its own command would have printed; undefined where the host gave no answer to it.
 */
export async function askTogether(
  asks: readonly Ask[],
  query: (commands: readonly Argv[]) => Promise<readonly CommandOutput[]>,
): Promise<readonly (readonly [Ask, CommandOutput | undefined])[]> {
  const commands = joinAsks(asks);
  const outputs = await query(commands.map(({ argv }) => argv));
  return commands.flatMap(({ asks: questions, split }, index) => {
    const output = outputs[index];
    const answers = output === undefined ? [] : split(output);
    return questions.map((question, place) => [question, answers[place]] as const);
  });
}
