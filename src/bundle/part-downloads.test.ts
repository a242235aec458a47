import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeServers, serve, servingFiles } from '../../test/support/file-server.ts';
import type { PartName } from '../core/part-name.ts';
import type { PartSource } from '../kinds/part-source.ts';
import { sha256Of } from './file-digest.ts';
import { openPartDownloads } from './part-downloads.ts';
import type { PinnedProgramFile } from './pinned-downloads.ts';
import { memberOf, tarArchive } from './tar-archive.ts';

afterEach(closeServers);

const KUBEADM: PartName = { name: 'kubeadm', version: '1.36.3' };
const [ETCDCTL, ETCDUTL] = ['etcdctl', 'etcdutl'].map((name): PartName => ({ name, version: '3.6.8' }));

/** More than one piece of what is read at once. */
const LARGE = 'etcdctl '.repeat(50_000);

let archive: Buffer;
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
  const members = [
    memberOf('etcd-v3.6.8/README.md', 0o644, Buffer.from('read me')),
    memberOf('etcd-v3.6.8/etcdctl', 0o755, Buffer.from(LARGE)),
    memberOf('etcd-v3.6.8/etcdutl', 0o755, Buffer.from('etcdutl')),
  ];
  archive = gzipSync(await buffer(tarArchive(members)));
});

function pin(part: PartName, url: string, content: string | Buffer, member?: string): PinnedProgramFile {
  return { part, download: { ...part, url, sha256: sha256Of(content) }, member };
}

function pinsOf(server: string): readonly PinnedProgramFile[] {
  const etcd = pin(ETCDCTL ?? KUBEADM, `${server}/etcd/v3.6.8.tar.gz`, archive, 'etcd-v3.6.8/etcdctl');
  return [
    pin(KUBEADM, `${server}/v1.36.3/kubeadm`, 'kubeadm 3'),
    { ...pin({ ...KUBEADM, version: '1.36.2' }, `${server}/v1.36.2/kubeadm`, 'kubeadm 2') },
    etcd,
    { ...etcd, part: ETCDUTL ?? KUBEADM, member: 'etcd-v3.6.8/etcdutl' },
  ];
}

const serving = () => serve(servingFiles({ '/v1.36.3/kubeadm': 'kubeadm 3', '/etcd/v3.6.8.tar.gz': archive }));

function open(pins: readonly PinnedProgramFile[], mirror?: string): PartSource {
  return openPartDownloads(pins, {
    cache,
    mirror,
    env: {},
    say: () => undefined,
    signal: new AbortController().signal,
  });
}

async function contentOf(source: PartSource, part: PartName): Promise<string> {
  const { size, sha256, bytes } = await source.file(part);
  const content = await text(Readable.from(bytes));
  expect({ size, sha256 }).toEqual({ size: content.length, sha256: sha256Of(content) });
  return content;
}

test('nothing is asked for until it is brought, and then only what is wanted', async () => {
  const { url, seen } = await serving();
  const source = open(pinsOf(url));
  expect(source.versions('kubeadm')).toEqual(['1.36.2', '1.36.3']);
  expect(source.versions('helm')).toEqual([]);
  await expect(source.file(KUBEADM)).rejects.toThrow('kubeadm 1.36.3 was not downloaded');
  expect(seen).toEqual([]);
  await source.bring([KUBEADM]);
  expect(seen).toEqual(['/v1.36.3/kubeadm']);
  expect(await contentOf(source, KUBEADM)).toBe('kubeadm 3');
});

test('programs of one archive are taken out of it by name, and it is downloaded once', async () => {
  const { url, seen } = await serving();
  const source = open(pinsOf(url));
  const both = [ETCDCTL, ETCDUTL].flatMap((part) => part ?? []);
  await source.bring([...both, ...both]);
  const contents = await Promise.all(both.map((part) => contentOf(source, part)));
  expect(contents).toEqual([LARGE, 'etcdutl']);
  // Each host reads from the beginning.
  expect(await Promise.all(both.map((part) => contentOf(source, part)))).toEqual(contents);
  await source.bring(both);
  await open(pinsOf(url)).bring(both);
  expect(seen).toEqual(['/etcd/v3.6.8.tar.gz']);
});

test('a mirror is asked for the same path, and the origin for nothing', async () => {
  const origin = await serving();
  const files = { '/mirrors/k8s/v1.36.3/kubeadm': 'kubeadm 3' };
  for (const end of ['', '/']) {
    cache = await mkdtemp(join(tmpdir(), 'konvoy-cache-'));
    const mirror = await serve(servingFiles(files));
    const source = open(pinsOf(origin.url), `${mirror.url}/mirrors/k8s${end}`);
    await source.bring([KUBEADM]);
    expect(await contentOf(source, KUBEADM)).toBe('kubeadm 3');
    expect(mirror.seen).toEqual(Object.keys(files));
  }
  expect(origin.seen).toEqual([]);
});

test('what a mirror has changed is refused', async () => {
  const { url } = await serve(servingFiles({ '/v1.36.3/kubeadm': 'kubeadm 4' }));
  const source = open(pinsOf(url));
  await expect(source.bring([KUBEADM])).rejects.toThrow(`its sha256 is ${sha256Of('kubeadm 4')}`);
  await expect(source.file(KUBEADM)).rejects.toThrow('was not downloaded');
});

test('an archive without the program, and a program without a pin, are named', async () => {
  const { url } = await serving();
  const [etcd] = pinsOf(url).filter(({ member }) => member !== undefined);
  if (etcd === undefined) return expect.fail();
  const source = open([{ ...etcd, member: 'etcd-v3.6.8/bin/etcdctl' }]);
  await expect(source.bring([etcd.part])).rejects.toThrow(`${url}/etcd/v3.6.8.tar.gz holds no etcd-v3.6.8/bin/etcdctl`);
  await expect(source.bring([KUBEADM])).rejects.toThrow('there is no pinned download of kubeadm 1.36.3');
});
