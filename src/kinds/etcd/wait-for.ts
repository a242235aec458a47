import { setTimeout as sleep } from 'node:timers/promises';
import type { HostWriter } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import { ask, FactUnreadable } from '../../core/fact.ts';
import { etcdHealth } from '../../facts/etcd-health.ts';
import { healthEndpoints, type HealthyProgram, localHealth } from '../../facts/local-health.ts';
import { askWriter } from '../ask-writer.ts';

/** Seconds until a program that the kubelet starts has to be well: it may wait for its next look, and for a back-off. */
const START_SECONDS = 180;

/**
 * Asks once a second until the answer is undefined. Throws with the last answer and the hint. An answer may take its own time:
 * etcd is waited for where a member does not answer.
 */
export async function waitUntil(askWhy: () => Promise<string | undefined>, hint: string): Promise<void> {
  for (const end = performance.now() + START_SECONDS * 1000; ; ) {
    const why = await askWhy();
    if (why === undefined) return;
    if (performance.now() >= end) throw new KonvoyError(`${why}, ${START_SECONDS} s after its start`, { hint });
    await sleep(1000);
  }
}

/** Waits until all `count` members of etcd are healthy, as the member on one host sees it. */
export async function waitForEtcd(writer: HostWriter, count: number): Promise<void> {
  const question = etcdHealth.command(undefined);
  const askWhy = async () => {
    const [output] = await writer.query([question]);
    try {
      const members = output === undefined ? [] : etcdHealth.parse(output, undefined);
      const healthy = members.filter((member) => member.healthy).length;
      return healthy === count ? undefined : `${writer.address}: ${healthy} of ${count} members of etcd are healthy`;
    } catch (error) {
      if (!(error instanceof FactUnreadable)) throw error;
      return `${writer.address}: etcd does not answer: ${error.message}`;
    }
  };
  await waitUntil(
    askWhy,
    'the log of etcd stands below /var/log/containers on each control plane; then run the same again',
  );
}

/** Waits until a program on the host says that it is well. `apiPort` is the API server's, 1–65535. */
export async function waitForHealth(writer: HostWriter, program: HealthyProgram, apiPort: number): Promise<void> {
  const question = ask(localHealth, writer.address, healthEndpoints(apiPort)[program]);
  const askWhy = async () => {
    const status = await askWriter(writer, question);
    if (status === 200) return undefined;
    return `${writer.address}: ${program} ${status === 0 ? 'does not answer' : `answers ${status}`}`;
  };
  await waitUntil(askWhy, `look at /var/log/containers/${program}-* on ${writer.address}; then run the same again`);
}
