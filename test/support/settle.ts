import type { HostConnections } from '../../src/connections/host.ts';
import type { Change } from '../../src/core/plan.ts';
import type { Resource } from '../../src/core/resource.ts';
import type { Judgement, JudgingKind } from '../../src/kinds/judgement.ts';
import type { Writers } from '../../src/kinds/kind.ts';
import { judgeOnHosts } from './judge-on-hosts.ts';

/** What a kind's `write` gets in a test; what it tells goes to `steps`. */
export function writersFor(hosts: HostConnections, steps: string[] = []): Writers {
  return {
    hosts,
    packages: undefined,
    parts: undefined,
    revertAfterSeconds: 8,
    step: (text) => steps.push(text),
    signal: new AbortController().signal,
  };
}

/** Judges, writes what differs, and judges again. */
export async function settle<R extends Resource>(
  kind: JudgingKind<R>,
  wanted: R,
  writers: Writers,
): Promise<{ before: Judgement; after: Judgement }> {
  const before = await judgeOnHosts(writers.hosts, kind, wanted, writers.parts);
  if (before.is === 'judged' && before.fields.length > 0) {
    const change: Change<R> = { verb: before.verb, resource: wanted, fields: before.fields };
    await kind.write(change, writers);
  }
  return { before, after: await judgeOnHosts(writers.hosts, kind, wanted, writers.parts) };
}
