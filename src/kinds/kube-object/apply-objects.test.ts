import { expect, it } from 'vitest';
import { FakeHost, output } from '../../../test/support/fake-host.ts';
import { apiHost } from '../kubectl.ts';
import { applyObjects } from './apply-objects.ts';

const POOL = { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata: { name: 'a' } };
const SILENT =
  'Error from server (InternalError): Internal error occurred: failed calling webhook "ipaddresspoolvalidationwebhook.metallb.io": connect: connection refused\n';

/** A host whose API server gives these answers, one after the other, and then takes everything. */
function hostThatSays(...answers: readonly string[]) {
  const left = [...answers];
  const host = new FakeHost('10.0.50.11').on('kubectl', () => {
    const said = left.shift();
    return said === undefined ? output('') : output('', 1, said);
  });
  return { api: apiHost(host, 6443), left };
}

it('a webhook that is about to start is waited for', async () => {
  const { api, left } = hostThatSays(SILENT, SILENT);
  let pauses = 0;
  const count = async () => {
    pauses += 1;
  };
  await applyObjects(api, [POOL], count);
  expect([left.length, pauses]).toEqual([0, 2]);
});

it('a webhook that refuses is not asked again, and its words are the error', async () => {
  const said = 'Error from server (Forbidden): admission webhook "x" denied the request: CIDR "10.2.0.0/24" overlaps\n';
  const { api, left } = hostThatSays(said, said);
  await expect(applyObjects(api, [POOL], async () => undefined)).rejects.toThrow('CIDR "10.2.0.0/24" overlaps');
  expect(left.length).toBe(1);
});

it('a webhook that never answers ends the waiting after a minute', async () => {
  const { api } = hostThatSays(...Array.from({ length: 100 }, () => SILENT));
  let pauses = 0;
  const count = async () => {
    pauses += 1;
  };
  await expect(applyObjects(api, [POOL], count)).rejects.toThrow('connection refused');
  expect(pauses).toBe(60);
});
