import { expect, test } from 'vitest';
import { PINNED_DOWNLOADS } from './pinned-downloads.ts';
import { HOST_PROGRAMS, KUBERNETES_RELEASES, pinnedPrograms } from './pinned-parts.ts';

/** Nobody whom we can quote publishes digests of these releases: docs/bundle.md says so. */
const WITHOUT_PIN = ['helm', 'calicoctl'];

test.each(KUBERNETES_RELEASES)(
  'every program that the bundle of %s has for hosts can be downloaded, but for two',
  (release) => {
    const ofHosts = pinnedPrograms(release).filter(({ name }) => HOST_PROGRAMS.includes(name));
    const missing = ofHosts.filter(
      ({ name, version }) => !PINNED_DOWNLOADS.some(({ part }) => part.name === name && part.version === version),
    );
    expect(missing.map(({ name }) => name)).toEqual(WITHOUT_PIN);
  },
);

test('each is named once, comes by HTTPS, and has a digest of its own', () => {
  const names = PINNED_DOWNLOADS.map(({ part }) => `${part.name} ${part.version}`);
  expect(new Set(names).size).toBe(names.length);
  const digests = new Map(PINNED_DOWNLOADS.map(({ download }) => [download.sha256, download.url]));
  expect(digests.size).toBe(new Set(digests.values()).size);
  for (const [sha256, url] of digests) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(url).toMatch(/^https:\/\/(dl\.k8s\.io|github\.com)\/[A-Za-z0-9./_-]+$/);
  }
});
