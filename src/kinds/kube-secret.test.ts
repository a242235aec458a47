import { beforeEach, describe, expect, it } from 'vitest';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import { settle, writersFor } from '../../test/support/settle.ts';
import type { KubeSecretResource } from '../core/resource.ts';
import { Secret } from '../core/secret.ts';
import { judging } from './judgement.ts';
import { kubeSecretKind } from './kube-secret.ts';
import type { Writers } from './kind.ts';

const HOST = '10.0.50.11';
const NAME = 'metallb-peer1-password';
const kind = judging(kubeSecretKind);

interface Stored {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

let stored: Stored | undefined;
let commands: string[];
let writers: Writers;

beforeEach(() => {
  stored = undefined;
  commands = [];
  const host = new FakeHost(HOST)
    .on('sh', (argv) => {
      commands.push(argv.join(' '));
      return output(stored === undefined ? '' : JSON.stringify({ kind: 'Secret', ...stored }));
    })
    .on('kubectl', (argv, stdin) => {
      commands.push(argv.join(' '));
      if (argv.includes('delete')) stored = undefined;
      else {
        const { metadata, type, stringData } = JSON.parse(stdin);
        const entries = Object.entries<string>(stringData).map(([key, text]) => [key, btoa(text)]);
        stored = { metadata, type, data: Object.fromEntries(entries) };
      }
      return output('');
    });
  writers = writersFor(new FakeConnections([host]));
});

function wanted(password: string, more: Partial<KubeSecretResource> = {}): KubeSecretResource {
  return {
    kind: 'kube-secret',
    address: `${HOST} kube-secret:kubeaddons/${NAME}`,
    component: 'metallb',
    because: [],
    ensure: 'present',
    host: HOST,
    port: 6443,
    namespace: 'kubeaddons',
    name: NAME,
    type: 'kubernetes.io/basic-auth',
    values: { password: new Secret(password) },
    ...more,
  };
}

describe('a Secret of the cluster', () => {
  it('is made with our mark, and then nothing is left to do; its value is in no command and no plan', async () => {
    const { before, after } = await settle(kind, wanted('hush-hush'), writers);
    expect(before).toMatchObject({ present: false, verb: 'create', fields: [{ field: 'password' }] });
    expect(after).toMatchObject({ present: true, fields: [] });
    expect(stored).toMatchObject({
      type: 'kubernetes.io/basic-auth',
      metadata: { labels: { 'konvoy.mesosphere.com/component': 'metallb' } },
      data: { password: btoa('hush-hush') },
    });
    expect(JSON.stringify([before, commands])).not.toContain('hush-hush');
  });

  it('with another value is an update, which shows digests alone', async () => {
    await settle(kind, wanted('hush-hush'), writers);
    const { before, after } = await settle(kind, wanted('another'), writers);
    expect(before).toMatchObject({ verb: 'update', fields: [{ before: expect.stringMatching(/^\[secret /) }] });
    expect(after).toMatchObject({ fields: [] });
    expect(stored?.data.password).toBe(btoa('another'));
  });

  it('of another type is refused, as a type does not change', async () => {
    stored = { metadata: {}, type: 'Opaque', data: {} };
    const { before } = await settle(kind, wanted('x'), writers).catch(() => ({ before: undefined }));
    expect(before).toMatchObject({ refusals: [expect.stringContaining('of the type Opaque')] });
  });

  it('that is no longer wanted goes only where konvoy has made it', async () => {
    stored = { metadata: {}, type: 'kubernetes.io/basic-auth', data: { password: btoa('theirs') } };
    await settle(kind, wanted('', { ensure: 'absent', values: {} }), writers);
    expect(stored).toBeDefined();
    stored = { ...stored, metadata: { labels: { 'konvoy.mesosphere.com/component': 'metallb' } } };
    await settle(kind, wanted('', { ensure: 'absent', values: {} }), writers);
    expect(stored).toBeUndefined();
  });
});
