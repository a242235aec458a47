import { join } from 'node:path';
import { openBundle } from '../../src/bundle/open-bundle.ts';
import { openPartFolder } from '../../src/bundle/part-folder.ts';
import { connectHosts } from '../../src/connections/connect-hosts.ts';
import type { ImagesResource, ProgramResource, Resource } from '../../src/core/resource.ts';
import { imagesKind } from '../../src/kinds/images.ts';
import { type JudgingKind, judging } from '../../src/kinds/judgement.ts';
import { programKind } from '../../src/kinds/program.ts';
import { judgeOnHosts } from './judge-on-hosts.ts';
import { SMALL_IMAGES, SMALL_PROGRAM } from './small-images.ts';

/**
 * A program for the deployer's seat: puts the parts of a bundle of `bundleOfImages` on a lab host, over its own SSH.
 * Arguments: the lab's working folder, the host's address, the bundle, how many images, `present` or `absent`. Prints
 * for each resource how many fields differed before and after, and the dangers.
 */
const [folder = '', host = '', bundleFolder = '', images = '', ensure = ''] = process.argv.slice(2);
const common = {
  component: 'node-runtime',
  because: ['spec'],
  ensure: ensure === 'absent' ? 'absent' : 'present',
  host,
} as const;
const path = '/usr/local/bin/small-program';
const program: ProgramResource = {
  ...common,
  kind: 'program',
  address: `${host} program:${path}`,
  path,
  part: SMALL_PROGRAM,
};
const wantedImages: ImagesResource = {
  ...common,
  kind: 'images',
  address: `${host} images:small`,
  images: SMALL_IMAGES.slice(0, Number(images)),
};

const { signal } = new AbortController();
const settings = {
  host,
  connectTo: host,
  port: 22,
  user: 'konvoy',
  privateKeyFile: join(folder, 'ssh-key'),
  bastions: [],
  options: { userknownhostsfile: join(folder, 'known_hosts'), globalknownhostsfile: '/dev/null' },
};
const hosts = connectHosts([settings], {
  implementation: 'auto',
  acceptNewHostKeys: false,
  skipHostKeys: false,
  connectTimeoutMs: 15_000,
  maxHandshakes: 1,
  signal,
  homeFolder: folder,
  env: process.env,
});
const parts = openPartFolder(await openBundle(bundleFolder));

async function settle<R extends Resource>(kind: JudgingKind<R>, wanted: R) {
  const before = await judgeOnHosts(hosts, kind, wanted);
  if (before.is !== 'judged') throw new Error(before.why);
  const { verb, fields, hazards } = before;
  const writers = { hosts, packages: undefined, parts, revertAfterSeconds: 60, step: () => undefined, signal };
  if (fields.length > 0) await kind.write({ verb, resource: wanted, fields }, writers);
  const after = await judgeOnHosts(hosts, kind, wanted);
  if (after.is !== 'judged') throw new Error(after.why);
  return { before: fields.length, after: after.fields.length, hazards: hazards.map(({ id }) => id) };
}

const outcome = {
  program: await settle(judging(programKind), program),
  images: await settle(judging(imagesKind), wantedImages),
};
await hosts.close();
process.stdout.write(JSON.stringify(outcome));
