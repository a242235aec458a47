import type { HostConnections } from '../../src/connections/host.ts';
import type { Resource } from '../../src/core/resource.ts';
import { createObserver } from '../../src/engine/observe.ts';
import type { Judgement, JudgingKind } from '../../src/kinds/judgement.ts';
import type { PartSource } from '../../src/kinds/part-source.ts';

/** What a kind says of a resource on hosts in memory, with all rounds of its questions asked. */
export async function judgeOnHosts<R extends Resource>(
  hosts: HostConnections,
  kind: JudgingKind<R>,
  wanted: R,
  bundle?: PartSource,
): Promise<Judgement> {
  const { signal } = new AbortController();
  const parts = async () => bundle;
  const observer = createObserver({ hosts, report: () => undefined, signal, maxParallel: 1, now: () => 0, parts });
  await observer.observe(kind.asks(wanted));
  await observer.observe(kind.asksMore(wanted, observer.facts));
  await observer.observe(kind.asksAtLast(wanted, observer.facts));
  return kind.judge(wanted, observer.facts);
}
