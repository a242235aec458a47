import { expect, test } from 'vitest';
import { bench, failureOf } from '../../test/support/engine-bench.ts';
import { smallBundle } from '../../test/support/small-bundle.ts';
import { openBundle } from '../bundle/open-bundle.ts';
import { openPartDownloads } from '../bundle/part-downloads.ts';
import { openPartFolder } from '../bundle/part-folder.ts';
import { PINNED_DOWNLOADS } from '../bundle/pinned-downloads.ts';
import type { Change } from '../core/plan.ts';
import type { ImagesResource, ProgramResource } from '../core/resource.ts';
import { kinds } from '../kinds/index.ts';
import { PartsMissing, refuseMissingParts } from './refuse-missing-parts.ts';

const common = { component: 'keepalived', because: ['spec'], ensure: 'present', host: '10.0.0.1' } as const;

function program(name: string, version: string): ProgramResource {
  const path = `/usr/local/bin/${name}`;
  return { ...common, kind: 'program', address: `10.0.0.1 program:${path}`, path, part: { name, version } };
}

const pause: ImagesResource = {
  ...common,
  kind: 'images',
  address: '10.0.0.1 images:kubernetes',
  images: [{ repository: 'registry.k8s.io/pause', tag: '3.10.2' }],
};

const changes: readonly Change[] = [
  { verb: 'create', resource: program('kubeadm', '1.36.3'), fields: [{ field: 'version' }] },
  { verb: 'create', resource: program('helm', '3.23.0'), fields: [{ field: 'version' }] },
  { verb: 'create', resource: program('helm', '3.23.0'), fields: [{ field: 'version' }] },
  { verb: 'create', resource: pause, fields: [{ field: 'images', after: 'registry.k8s.io/pause:3.10.2' }] },
];

test('what the bundle lacks is named once, with the versions that it has', async () => {
  const parts = openPartFolder(await openBundle(await smallBundle()));
  const error = await failureOf((async () => refuseMissingParts(changes, { kinds, parts }))());
  if (!(error instanceof PartsMissing)) throw error;
  expect(error.message).toBe(
    [
      `${parts.origin} lacks parts that this plan needs; nothing was changed:`,
      '  helm 3.23.0 (it has 3.22.0)',
      '  registry.k8s.io/pause 3.10.2 (it has none)',
    ].join('\n'),
  );
  expect(error.hint).toBe('name a bundle that has them with --bundle or KONVOY_BUNDLE; konvoy bundle build makes one');
});

test('without a bundle, what is not among the pinned downloads is missing', () => {
  const settings = { cache: '/nowhere', mirror: undefined, env: {}, say: () => undefined };
  const signal = new AbortController().signal;
  const parts = openPartDownloads(PINNED_DOWNLOADS, { ...settings, signal });
  expect(() => refuseMissingParts(changes, { kinds, parts })).toThrow(
    [
      'the list of pinned downloads lacks parts that this plan needs; nothing was changed:',
      '  helm 3.23.0 (it has none)',
      '  registry.k8s.io/pause 3.10.2 (it has none)',
    ].join('\n'),
  );
});

test('where nothing serves, every part is missing', () => {
  expect(() => refuseMissingParts(changes, { kinds, parts: undefined })).toThrow(
    /needs parts of a bundle, and none is named; nothing was changed:\n {2}kubeadm 1\.36\.3\n {2}helm 3\.23\.0\n/,
  );
});

test('a plan that needs no parts needs no bundle', () => {
  const gone: Change = {
    verb: 'delete',
    resource: { ...program('kubeadm', '1.36.3'), ensure: 'absent' },
    fields: [{ field: 'version' }],
  };
  expect(() => refuseMissingParts([gone], { kinds, parts: undefined })).not.toThrow();
});

test('a run without the parts that it needs touches no host', async () => {
  const { up, hosts } = bench([program('kubeadm', '1.36.3')], kinds);
  expect(await failureOf(up())).toBeInstanceOf(PartsMissing);
  for (const { journal } of hosts.values()) expect(journal).toEqual([]);
});
