import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256Of } from '../../src/bundle/file-digest.ts';
import type { PinnedProgramFile } from '../../src/bundle/pinned-downloads.ts';
import { memberOf, tarArchive } from '../../src/bundle/tar-archive.ts';
import { planCommand } from '../../src/cli/commands/plan.ts';
import { upCommand } from '../../src/cli/commands/up.ts';
import type { ClusterWorld } from '../../src/cli/cluster-world.ts';
import type { CommandEntry } from '../../src/cli/command-table.ts';
import type { PartName } from '../../src/core/part-name.ts';
import type { ImagesResource, ProgramResource } from '../../src/core/resource.ts';
import { judging } from '../../src/kinds/judgement.ts';
import { programKind } from '../../src/kinds/program.ts';
import { FakeCluster, runKonvoy } from '../support/cli-run.ts';
import { playPutProgram } from '../support/fake-put-program.ts';
import { type Answer, closeServers, serve, servingFiles } from '../support/file-server.ts';
import { smallBundle } from '../support/small-bundle.ts';
import { standInKinds } from '../support/stand-in-kinds.ts';

const HOSTS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const KUBEADM = { name: 'kubeadm', version: '1.36.3' };
const ETCDCTL = { name: 'etcdctl', version: '3.6.8' };
const PROGRAM = 'kubeadm '.repeat(10_000);
const KUBEADM_PATH = '/release/v1.36.3/bin/linux/amd64/kubeadm';
const ETCD_PATH = '/etcd-io/etcd/etcd.tar.gz';

let cwd: string;
let cache: string;
let cluster: FakeCluster;
let pins: readonly PinnedProgramFile[];
let files: Readonly<Record<string, string | Uint8Array>>;

const common = { component: 'kube-proxy', because: ['spec'], ensure: 'present' } as const;

function program(host: string, part: PartName): ProgramResource {
  const path = `/usr/local/bin/${part.name}`;
  return { ...common, kind: 'program', host, address: `${host} program:${path}`, path, part };
}

/** Images that only a bundle could bring: their kind has no stand-in, so whoever looks for them on a host fails. */
function images(host: string): ImagesResource {
  const pause = { repository: 'registry.k8s.io/pause', tag: '3.10.2' };
  return { ...common, kind: 'images', host, address: `${host} images:kubernetes`, images: [pause] };
}

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'konvoy-cli-'));
  cache = join(cwd, 'cache');
  const archive = gzipSync(await buffer(tarArchive([memberOf('etcd/etcdctl', 0o755, Buffer.from('etcdctl'))])));
  files = { [KUBEADM_PATH]: PROGRAM, [ETCD_PATH]: archive };
  const pin = (part: PartName, url: string, content: string | Buffer, member?: string) => ({
    part,
    download: { ...part, url, sha256: sha256Of(content) },
    member,
  });
  pins = [
    pin(KUBEADM, `https://dl.invalid${KUBEADM_PATH}`, PROGRAM),
    pin(ETCDCTL, `https://releases.invalid${ETCD_PATH}`, archive, 'etcd/etcdctl'),
  ];
  newCluster();
});

afterEach(() => {
  closeServers();
  rmSync(cwd, { recursive: true });
});

/** Hosts without anything; what was downloaded stays. */
function newCluster(): void {
  cluster = new FakeCluster();
  for (const host of cluster.hosts) playPutProgram(host);
  cluster.kubernetes = [
    ...HOSTS.map((host) => program(host, KUBEADM)),
    program('10.0.0.1', ETCDCTL),
    ...HOSTS.map(images),
  ];
}

function konvoy(line: string, mirror: string, given: { env?: Record<string, string>; answers?: string[] } = {}) {
  const world: ClusterWorld = {
    ...cluster.world,
    kinds: async () => ({ ...standInKinds, program: judging(programKind) }),
    pins: async () => pins,
  };
  const commands: readonly CommandEntry[] = [
    { name: 'plan', load: async () => (context) => planCommand(context, world) },
    { name: 'up', load: async () => (context) => upCommand(context, world) },
  ];
  const env = { KONVOY_CACHE: cache, KONVOY_DOWNLOAD_MIRROR: mirror, ...given.env };
  const answers = given.answers === undefined ? {} : { answers: given.answers };
  return runKonvoy(line.split(' '), { cwd, commands, env, ...answers });
}

const onHost = (host: string, name: string) => cluster.host(host).files.read(`/usr/local/bin/${name}`);

function expectUntouched(): void {
  for (const { journal } of cluster.hosts) expect(journal).toEqual([]);
}

/** Sends so many bytes, and ends the connection when they are in the cache: what a client has not read by then is lost. */
const breakingOffAt =
  (bytes: number): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': PROGRAM.length });
    response.write(PROGRAM.slice(0, bytes));
    const partial = join(cache, 'downloads', `${sha256Of(PROGRAM)}.partial`);
    const arrived = () => statSync(partial, { throwIfNoEntry: false })?.size === bytes;
    void vi.waitUntil(arrived, { interval: 5, timeout: 5000 }).finally(() => response.destroy());
  };

describe('a run without a bundle', () => {
  it('downloads what it needs once, while it says so, and puts it onto the hosts', async () => {
    const { url, seen } = await serve(servingFiles(files));
    const { code, stdout, stderr } = await konvoy('up --yes', url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('info [no-bundle] no bundle is named: programs are downloaded');
    expect(stdout).toContain(`downloading kubeadm 1.36.3 from ${new URL(url).host}`);
    expect(seen).toEqual([KUBEADM_PATH, ETCD_PATH]);
    expect(HOSTS.map((host) => onHost(host, 'kubeadm'))).toEqual([PROGRAM, PROGRAM, PROGRAM]);
    expect(HOSTS.map((host) => onHost(host, 'etcdctl'))).toEqual(['etcdctl', undefined, undefined]);
  });

  it('asks for nothing the second time, nor for another cluster', async () => {
    const { url, seen } = await serve(servingFiles(files));
    await konvoy('up --yes', url);
    expect((await konvoy('up --yes', url)).stdout).toMatch(/^Nothing to do\.\n/);
    newCluster();
    expect((await konvoy('up --yes', url)).code).toBe(0);
    expect(onHost('10.0.0.3', 'kubeadm')).toBe(PROGRAM);
    expect(seen.length).toBe(2);
  });

  it('downloads nothing for a plan, nor before somebody has agreed', async () => {
    const { url, seen } = await serve(servingFiles(files));
    const { code, stdout } = await konvoy('plan --exit-code', url);
    expect(code).toBe(4);
    expect(stdout).toContain('info [no-bundle]');
    expect(stdout).toContain('4 changes on 3 hosts.');
    expect((await konvoy('up', url, { answers: ['no'] })).code).not.toBe(0);
    expect(seen).toEqual([]);
    expectUntouched();
  });

  it('goes on where an earlier run was broken off, which had touched no host', async () => {
    // The second attempt of the first run brings nothing more.
    const attempts: Answer[] = [breakingOffAt(20_000), (_request, response) => response.destroy()];
    const { url, seen } = await serve((request, response) =>
      (attempts.shift() ?? servingFiles(files))(request, response),
    );
    const { code, stderr } = await konvoy('up --yes', url);
    expect(code).toBe(1);
    expect(stderr).toContain('kubeadm broke off after');
    expect(stderr).toContain('hint: run it again: it goes on from there');
    expectUntouched();
    expect((await konvoy('up --yes', url)).code).toBe(0);
    expect(seen.slice(2)).toEqual([`${KUBEADM_PATH} bytes=20000-`, ETCD_PATH]);
    expect(onHost('10.0.0.2', 'kubeadm')).toBe(PROGRAM);
  });

  it('refuses another file than the pinned one, and no host gets anything', async () => {
    const { url } = await serve(servingFiles({ ...files, [ETCD_PATH]: 'something else' }));
    const { code, stderr } = await konvoy('up --yes', url);
    expect(code).toBe(1);
    expect(stderr).toContain(`${url}${ETCD_PATH} is not the file that was pinned`);
    expectUntouched();
  });

  it('says what to do where there is no way to the server', async () => {
    const { url, server } = await serve(servingFiles(files));
    server.close();
    const { code, stderr } = await konvoy('up --yes', url);
    expect(code).toBe(1);
    expect(stderr).toMatch(/kubeadm cannot be reached: .*ECONNREFUSED/);
    expect(stderr).toContain('hint: without a way there use --bundle DIR or --download-mirror URL; behind a proxy set');
    expectUntouched();
  });

  it('goes through a proxy', async () => {
    const proxy = await serve((request, response) => {
      const { pathname } = new URL(request.url ?? '');
      response.end(files[pathname]);
    });
    const { code } = await konvoy('up --yes', 'http://mirror.invalid', { env: { HTTP_PROXY: proxy.url } });
    expect(code).toBe(0);
    expect(proxy.seen[0]).toBe(`http://mirror.invalid${KUBEADM_PATH}`);
  });

  it('refuses a cache into which others can write, before it asks anybody', async () => {
    const { url, seen } = await serve(servingFiles(files));
    cache = mkdtempSync(join(cwd, 'open-'));
    chmodSync(cache, 0o777);
    const { code, stderr } = await konvoy('up --yes', url);
    expect(code).toBe(1);
    expect(stderr).toContain(`${cache} can be written by everybody`);
    expect(seen).toEqual([]);
    expectUntouched();
  });

  it('names what only a bundle has, before anybody is asked', async () => {
    const { url, seen } = await serve(servingFiles(files));
    cluster.kubernetes = [...cluster.kubernetes, program('10.0.0.1', { name: 'helm', version: '3.22.0' })];
    const { code, stderr } = await konvoy('up', url, { answers: ['yes'] });
    expect(code).toBe(1);
    expect(stderr).toContain('the list of pinned downloads lacks parts that this plan needs; nothing was changed:');
    expect(stderr).toMatch(/^ {2}helm 3\.22\.0 \(it has none\)$/m);
    expect(stderr).toContain('hint: name a bundle that has them with --bundle or KONVOY_BUNDLE');
    expect(seen).toEqual([]);
    expectUntouched();
  });

  it('refuses a host that is another machine', async () => {
    const { url, seen } = await serve(servingFiles(files));
    playPutProgram(cluster.host('10.0.0.2'), 'aarch64');
    const { code, stderr } = await konvoy('up --yes', url);
    expect(code).toBe(1);
    expect(stderr).toContain('  10.0.0.2 is aarch64\n');
    expect(seen).toEqual([]);
    expectUntouched();
  });
});

describe('a mirror of downloads', () => {
  it('can be named on the command line, which counts more than the environment', async () => {
    const { url } = await serve(servingFiles(files));
    expect((await konvoy(`up --yes --download-mirror ${url}`, 'http://127.0.0.1:9')).code).toBe(0);
  });

  it.each(['ftp://mirror', 'mirror', 'http://me:hidden@mirror', 'http://mirror/?a=hidden'])(
    'is refused where it is %s; that of the environment is not shown',
    async (mirror) => {
      const byEnvironment = await konvoy('up --yes', mirror);
      expect(byEnvironment.code).toBe(2);
      expect(byEnvironment.stderr).toContain('KONVOY_DOWNLOAD_MIRROR is no mirror of downloads');
      expect(byEnvironment.stderr).not.toContain('hidden');
      expect((await konvoy(`up --yes --download-mirror ${mirror}`, '')).code).toBe(2);
    },
  );

  it('has no use beside a bundle', async () => {
    const bundle = await smallBundle();
    const { code, stderr } = await konvoy(`up --yes --bundle ${bundle} --download-mirror http://mirror`, '');
    expect(code).toBe(2);
    expect(stderr).toContain('--download-mirror has no use beside a bundle');
  });
});
