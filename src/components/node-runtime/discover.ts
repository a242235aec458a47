import type { Discovery } from '../../core/component.ts';
import { ask } from '../../core/fact.ts';
import type { Topology } from '../../core/topology.ts';
import { registryFolders } from '../../facts/registry-folders.ts';
import { type SettledRuntime, wantedOf } from './section.ts';

/** Which registries hosts have files for: one that left cluster.yaml is known by nothing else. */
export function discover(
  section: SettledRuntime | undefined,
  { hosts }: Topology,
): Discovery<SettledRuntime | undefined> {
  const questions = hosts.map(({ address }) => ask(registryFolders, address, undefined));
  return {
    asks: questions,
    settle(facts) {
      const found = new Map(
        questions.map((question) => {
          const answer = facts.get(question);
          return [question.host, answer.ok ? answer.value : []] as const;
        }),
      );
      const wanted = wantedOf(section);
      return { section: wanted === undefined ? { leaves: true, found } : { ...wanted, found }, diagnostics: [] };
    },
  };
}
