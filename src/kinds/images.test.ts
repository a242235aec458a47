import { beforeEach, expect, test } from 'vitest';
import { FakeContainerd } from '../../test/support/fake-containerd.ts';
import { FakeConnections, FakeHost, output } from '../../test/support/fake-host.ts';
import { judgeOnHosts } from '../../test/support/judge-on-hosts.ts';
import { bundleOfImages, SMALL_IMAGES } from '../../test/support/small-images.ts';
import { openBundle } from '../bundle/open-bundle.ts';
import { openPartFolder } from '../bundle/part-folder.ts';
import type { Change } from '../core/plan.ts';
import type { ImagesResource } from '../core/resource.ts';
import { imagesKind } from './images.ts';
import { judging } from './judgement.ts';
import type { Writers } from './kind.ts';

const HOST = '10.0.50.11';
const kind = judging(imagesKind);

let host: FakeHost;
let containerd: FakeContainerd;
let writers: Writers;
let base: string;

beforeEach(async () => {
  host = new FakeHost(HOST);
  containerd = new FakeContainerd(host);
  const bundle = await bundleOfImages();
  base = `sha256:${bundle.base.sha256}`;
  writers = {
    hosts: new FakeConnections([host]),
    packages: undefined,
    parts: openPartFolder(await openBundle(bundle.folder)),
    revertAfterSeconds: 8,
    step: () => undefined,
    signal: new AbortController().signal,
  };
});

const wanted: ImagesResource = {
  kind: 'images',
  address: `${HOST} images:kubernetes`,
  component: 'node-runtime',
  because: ['spec'],
  ensure: 'present',
  host: HOST,
  images: SMALL_IMAGES,
};
const absent: ImagesResource = { ...wanted, ensure: 'absent' };

const judge = (resource = wanted) => judgeOnHosts(writers.hosts, kind, resource);

async function write(): Promise<void> {
  const found = await judge();
  if (found.is !== 'judged') return expect.fail(found.why);
  const change: Change<ImagesResource> = { verb: found.verb, resource: wanted, fields: found.fields };
  await kind.write(change, writers);
}

const streamed = () => host.journal.flatMap((entry) => (entry.is === 'stream' ? [entry.size] : []));

test('images that containerd lacks are brought in one archive, and the second look finds nothing to do', async () => {
  expect(await judge()).toMatchObject({
    verb: 'update',
    fields: [{ field: 'images', after: 'registry.k8s.io/a:v1\nregistry.k8s.io/b:v1' }],
  });
  await write();
  expect(streamed()).toHaveLength(1);
  expect(await judge()).toMatchObject({ fields: [] });
});

test('only what is missing is brought, without a layer that containerd has', async () => {
  await write();
  containerd.images.delete('registry.k8s.io/b:v1');
  for (const blob of containerd.blobs) if (blob !== base) containerd.blobs.delete(blob);
  expect(await judge()).toMatchObject({ fields: [{ after: 'registry.k8s.io/b:v1' }] });
  await write();
  const [whole = 0, rest = 0] = streamed();
  expect(rest).toBeLessThan(whole - 512 * 1024);
  expect(await judge()).toMatchObject({ fields: [] });
});

test('a host without containerd, or where it does not run, has no images', async () => {
  containerd.running = false;
  expect(await judge()).toMatchObject({ is: 'judged', verb: 'create', fields: [{ field: 'images' }] });
  host.on('ctr', () => output('', 127, 'sh: 1: ctr: not found\n'));
  expect(await judge()).toMatchObject({ is: 'judged', verb: 'create' });
});

test('a containerd that runs and gives no answer cannot be judged', async () => {
  containerd.failure = 'ctr: context deadline exceeded: timed out waiting for server handshake\n';
  expect(await judge()).toMatchObject({ is: 'unreadable', why: expect.stringContaining('handshake') });
});

test('a containerd that does not run cannot take images, and says so', async () => {
  containerd.running = false;
  await expect(write()).rejects.toThrow('containerd does not run');
});

test('an import that leaves images out is a failure', async () => {
  host.on('ctr', () => output(''));
  await expect(write()).rejects.toThrow('does not have registry.k8s.io/a:v1, registry.k8s.io/b:v1');
});

test('images that are not wanted any more are nothing to do, and nothing to ask', async () => {
  await write();
  expect(kind.asks(absent)).toEqual([]);
  expect(await judge(absent)).toMatchObject({ fields: [] });
});

test('a change names the parts of the images that it brings, and of no others', () => {
  const fields = [{ field: 'images', after: 'registry.k8s.io/b:v1' }];
  expect(kind.needs({ verb: 'update', resource: wanted, fields })).toEqual([
    { name: 'registry.k8s.io/b', version: 'v1' },
  ]);
});
