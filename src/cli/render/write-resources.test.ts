import { describe, expect, it } from 'vitest';
import { wantedFile } from '../../../test/support/stand-in-kinds.ts';
import type { TextSink } from '../context.ts';
import { printResource } from './resource-text.ts';
import { writeResources } from './write-resources.ts';

/** A reader that takes nothing before it is waited for. */
function slowReader() {
  let [text, writes, waiting, most] = ['', 0, 0, 0];
  const sink: TextSink = {
    write: (more) => {
      text += more;
      writes += 1;
      waiting += more.length;
      most = Math.max(most, waiting);
    },
    taken: async () => {
      waiting = 0;
    },
    isTerminal: false,
    columns: 80,
  };
  return { sink, seen: () => ({ text, writes, most, waiting }) };
}

describe('resources of many hosts', () => {
  const resources = Array.from({ length: 5000 }, (_, index) =>
    wantedFile(`10.0.${index >> 8}.${index & 255}`, '/etc/a', `${'x'.repeat(500)}\n`),
  );

  it('are written whole, in few pieces, and little of them is held for a reader that is slow', async () => {
    const { sink, seen } = slowReader();
    await writeResources(sink, resources);
    const { text, writes, most, waiting } = seen();
    expect(text).toBe(resources.map(printResource).join(''));
    expect(writes).toBeLessThan(50);
    expect(most).toBeLessThan(110_000);
    expect(waiting).toBe(0);
  });
});
