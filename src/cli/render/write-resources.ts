import type { Resource } from '../../core/resource.ts';
import type { TextSink } from '../context.ts';
import { printResource } from './resource-text.ts';

/** About so many characters are written at once: each write is a call of the system. */
const WRITTEN_AT_ONCE = 100_000;

/** Writes resources as a person reads them, and waits whenever much of it is not taken yet. */
export async function writeResources(stdout: TextSink, resources: readonly Resource[]): Promise<void> {
  let text = '';
  const flush = async () => {
    stdout.write(text);
    text = '';
    await stdout.taken();
  };
  for (const resource of resources) {
    text += printResource(resource);
    if (text.length >= WRITTEN_AT_ONCE) await flush();
  }
  await flush();
}
