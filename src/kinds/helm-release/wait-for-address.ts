import { setTimeout as sleep } from 'node:timers/promises';
import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import { type JsonObject, textAt } from '../../core/json.ts';
import { serviceAddress } from '../../facts/service-address.ts';
import { askWriter } from '../ask-writer.ts';
import type { Writers } from '../kind.ts';
import type { ApiHost } from '../kubectl.ts';

/** Looks, and seconds between them: a load balancer that has an address gives it within a second or two. */
const LOOKS = 30;
const PAUSE_SECONDS = 1;

/** Waits until the service has an address from outside. Throws with what the load balancer says where it gets none. */
export async function waitForAddress(
  { host, writer, api }: ApiHost,
  service: JsonObject,
  { step, signal }: Pick<Writers, 'step' | 'signal'>,
): Promise<void> {
  const [name = '', namespace = ''] = [textAt(service, 'metadata', 'name'), textAt(service, 'metadata', 'namespace')];
  const question = ask(serviceAddress, host, { ...api, namespace, name });
  let last = 'nobody has said why';
  for (let look = 0; look < LOOKS && !signal.aborted; look += 1) {
    const { ingress, said } = await askWriter(writer, question);
    if (ingress !== '') return;
    if (said !== '') last = said;
    step(`${namespace}/${name} waits for an address from outside: ${last}`);
    await sleep(PAUSE_SECONDS * 1000, undefined, { signal }).catch(() => undefined);
  }
  if (signal.aborted) return;
  throw new KonvoyError(`the service ${namespace}/${name} gets no address from outside: ${last}`, {
    hint: `konvoy explain service ${namespace}/${name} says more; MetalLB needs a pool with a free address: spec.addons…metallb.values.configInline.address-pools`,
  });
}
