/** An IPv4 network as a first address and a prefix length. */
interface Block {
  readonly first: number;
  readonly prefix: number;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText({ first, prefix }: Block): string {
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${prefix}`;
}

function blockSize(prefix: number): number {
  return 2 ** (32 - prefix);
}

/** The smallest block that contains both. */
function around(a: Block, b: Block): Block {
  for (let prefix = Math.min(a.prefix, b.prefix); prefix > 0; prefix -= 1) {
    const size = blockSize(prefix);
    if (Math.floor(a.first / size) === Math.floor(b.first / size)) {
      return { first: Math.floor(a.first / size) * size, prefix };
    }
  }
  return { first: 0, prefix: 0 };
}

/** Merges neighbours where the block around them is at least `minPrefix` long, until nothing merges. */
function merge(blocks: readonly Block[], allowed: (a: Block, b: Block, both: Block) => boolean): readonly Block[] {
  const done: Block[] = [];
  for (const block of blocks) {
    let last = block;
    for (let before = done.at(-1); before !== undefined; before = done.at(-1)) {
      const both = around(before, last);
      const inside = both.prefix === before.prefix;
      if (!inside && !allowed(before, last, both)) break;
      done.pop();
      last = both;
    }
    done.push(last);
  }
  return done;
}

/** A rule each for so many sources is still readable; beyond it, neighbours share a wider block. */
const MAX_BLOCKS = 8;

/** Blocks never become wider than this: a rule "from the nodes" must not mean half of the Internet. */
const WIDEST_PREFIX = 16;

/**
 * IPv4 addresses as few CIDR blocks in rising order, written as iptables prints them. Exactly these addresses while that
 * takes at most 8 blocks; on larger or scattered clusters blocks around near neighbours, down to /16.
 */
export function sourceBlocks(addresses: readonly string[]): readonly string[] {
  const single = [...new Set(addresses)].map((address) => ({ first: toNumber(address), prefix: 32 }));
  const sorted = single.sort((a, b) => a.first - b.first);
  let blocks = merge(
    sorted,
    (a, b, both) => a.prefix === b.prefix && both.prefix === a.prefix - 1 && b.first === a.first + blockSize(a.prefix),
  );
  for (let prefix = 31; blocks.length > MAX_BLOCKS && prefix >= WIDEST_PREFIX; prefix -= 1) {
    blocks = merge(blocks, (_a, _b, both) => both.prefix >= prefix);
  }
  return blocks.map(toText);
}
