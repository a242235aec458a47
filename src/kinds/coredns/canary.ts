import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import { corefileLog } from '../../facts/corefile-log.ts';
import { type CoreDnsState, DNS_NAMESPACE } from '../../facts/coredns-state.ts';
import { type DnsPod, dnsPods } from '../../facts/dns-pods.ts';
import { askWriter } from '../ask-writer.ts';
import type { ApiHost } from '../kubectl.ts';
import { CANARY_LABELS, canaryObjects } from './canary-objects.ts';

/** Seconds that a canary may take until it is ready: its image is there, its container starts, CoreDNS asks the API. */
const READY_SECONDS = 60;

/** Looks, a second apart, that have to find it ready: what the plugin loop finds ends CoreDNS two seconds after its start. */
const STEADY_LOOKS = 3;

const NAMESPACE = `--namespace=${DNS_NAMESPACE}`;
const LABELS = Object.entries(CANARY_LABELS)
  .map(([name, value]) => `${name}=${value}`)
  .join(',');

/** A candidate was tried and does not work. Nothing was changed. */
export class CanaryRefused extends KonvoyError {}

/** A canary that is ready. */
export interface Canary {
  readonly address: string;
  /** The digest of its Corefile as CoreDNS computes it; undefined where nothing in it reloads it. */
  readonly digest: string | undefined;
}

/**
 * Runs CoreDNS with a candidate in a pod of its own, waits until it is ready, hands it to `use`, and takes pod and ConfigMap
 * away whatever happens. What a killed run has left goes, too. Throws `CanaryRefused` where it does not become ready.
 */
export async function withCanary<T>(
  living: ApiHost,
  { state, corefile }: { readonly state: CoreDnsState; readonly corefile: string },
  use: (canary: Canary) => Promise<T>,
  /** Throws when the user wants to stop. */
  checkStop: () => void,
): Promise<T> {
  const { writer, kubectl } = living;
  const name = `konvoy-corefile-canary-${randomBytes(3).toString('hex')}`;
  const { configMap, pod } = canaryObjects(state, corefile, name);
  try {
    await removeCanaries(living);
    await writer.run(kubectl('create', '--filename=-'), {
      stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [configMap, pod] }),
    });
    return await use(await waitUntilReady(living, { name, container: state.container }, checkStop));
  } finally {
    await removeCanaries(living).catch(() => undefined);
  }
}

/** A second is enough for CoreDNS to end where nobody is sent to it. */
async function removeCanaries({ writer, kubectl }: ApiHost): Promise<void> {
  const which = [NAMESPACE, 'delete', 'pods,configmaps', `--selector=${LABELS}`];
  await writer.run(kubectl(...which, '--ignore-not-found', '--grace-period=1', '--wait=false'));
}

async function waitUntilReady(
  living: ApiHost,
  { name, container }: { name: string; container: string },
  checkStop: () => void,
): Promise<Canary> {
  const { writer, host, api } = living;
  let looks = 0;
  for (let second = 0; ; second += 1) {
    checkStop();
    const pods = await askWriter(writer, ask(dnsPods, host, { api, labels: LABELS }));
    const pod = pods.find((each) => each.name === name);
    looks = pod?.ready ? looks + 1 : 0;
    if (pod?.address !== undefined && looks >= STEADY_LOOKS) {
      const { digest } = await askWriter(writer, ask(corefileLog, host, { api, pod: pod.name, container }));
      return { address: pod.address, digest };
    }
    if (pod === undefined || ['Failed', 'Succeeded'].includes(pod.phase)) throw await refusal(living, pod, container);
    if (second >= READY_SECONDS) throw await refusal(living, pod, container);
    await sleep(1000);
  }
}

async function refusal(
  { writer, kubectl }: ApiHost,
  pod: DnsPod | undefined,
  container: string,
): Promise<CanaryRefused> {
  const ended = pod !== undefined && ['Failed', 'Succeeded'].includes(pod.phase);
  const what = pod === undefined ? 'it is gone' : ended ? 'it has ended' : `it is not ready after ${READY_SECONDS} s`;
  const asked = kubectl(NAMESPACE, 'logs', pod?.name ?? '', `--container=${container}`, '--tail=2');
  const [log] = pod === undefined ? [] : await writer.query([asked]);
  const said = log?.exit === 0 ? log.stdout.trim().split('\n').join('; ') : '';
  const details = [pod?.trouble, said].filter((text) => text !== undefined && text !== '').join('; ');
  return new CanaryRefused(
    `CoreDNS does not run with the new Corefile: ${what}${details === '' ? '' : `: ${details}`}`,
    {
      hint: 'nothing was changed: CoreDNS goes on with the Corefile that it has',
    },
  );
}
