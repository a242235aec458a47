import type { Writable } from 'node:stream';

/** Settles when the stream wants more, or nothing can be written to it any more. */
export function drained(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      for (const event of EVENTS) stream.removeListener(event, finish);
      resolve();
    };
    for (const event of EVENTS) stream.once(event, finish);
  });
}

const EVENTS = ['drain', 'close', 'error'] as const;
