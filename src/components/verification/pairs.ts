/** An ordered pair of nodes: who asks whom. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

/** Up to this many nodes every ordered pair is asked. */
export const EVERY_PAIR_UP_TO = 20;

/** Above that, how many others each node asks, and is asked by. */
const NEIGHBOURS = 4;

/** What is asked of which nodes, and how many pairs there would be. */
export interface ChosenPairs {
  readonly pairs: readonly Pair[];
  readonly all: number;
}

/**
 * Every ordered pair of different nodes; above `EVERY_PAIR_UP_TO` a sample that spans them: a ring, and three more rings at
 * random distances (`random` as of `Math.random`), so that each node asks four others and is asked by four.
 */
export function choosePairs(nodes: readonly string[], random: () => number): ChosenPairs {
  const count = nodes.length;
  const all = count * (count - 1);
  const distances =
    count <= EVERY_PAIR_UP_TO
      ? Array.from({ length: count - 1 }, (_, index) => index + 1)
      : someDistances(count, random);
  const pairs = nodes.flatMap((from, index) =>
    distances.flatMap((distance) => {
      const to = nodes[(index + distance) % count];
      return to === undefined ? [] : [{ from, to }];
    }),
  );
  return { pairs, all };
}

function someDistances(count: number, random: () => number): readonly number[] {
  const left = Array.from({ length: count - 2 }, (_, index) => index + 2);
  const chosen = [1];
  while (chosen.length < NEIGHBOURS) {
    const [distance = 1] = left.splice(Math.floor(random() * left.length), 1);
    chosen.push(distance);
  }
  return chosen;
}

/** Each node with the next one, the last with the first; a node that is alone with itself. */
export function ringOf(nodes: readonly string[]): readonly Pair[] {
  return nodes.map((from, index) => ({ from, to: nodes[(index + 1) % nodes.length] ?? from }));
}
