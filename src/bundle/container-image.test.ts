import { expect, test } from 'vitest';
import { describeImage, goArchitecture } from './container-image.ts';
import type { PinnedImage } from './pinned-part.ts';

const configOf = (image: Pick<PinnedImage, 'entrypoint' | 'command' | 'env' | 'user'>) => {
  const { config } = describeImage({ repository: 'a', tag: 'v1', below: [], files: [], ...image }, []);
  return new TextDecoder().decode(config);
};
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

test('the config of an image of one program says no more than that', () => {
  // The bytes decide the digest of every image that was made before there were others.
  expect(configOf({ entrypoint: ['/pause'] })).toBe(
    `{"architecture":"${goArchitecture()}","os":"linux","config":{"Env":["${PATH}"],"Entrypoint":["/pause"],"WorkingDir":"/"},"rootfs":{"type":"layers","diff_ids":[]}}`,
  );
});

test('the config of an image has its user, environment and command', () => {
  const config = configOf({ user: '999', env: ['SVDIR=/etc/service/enabled'], command: ['start_runit'] });
  expect(JSON.parse(config).config).toEqual({
    User: '999',
    Env: [PATH, 'SVDIR=/etc/service/enabled'],
    Cmd: ['start_runit'],
    WorkingDir: '/',
  });
});
