import { chmod, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallBundle } from '../../test/support/small-bundle.ts';
import { BundleInvalid } from './bundle-index.ts';
import { findPart, openBundle, readPart } from './open-bundle.ts';

async function changeIndex(folder: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, 'bundle.json');
  await writeFile(path, change(await readFile(path, 'utf8')));
}

test('a part is read by name and version', async () => {
  const bundle = await openBundle(await smallBundle());
  expect((await readPart(bundle, findPart(bundle, 'helm', '3.22.0'))).toString()).toBe('second program');
});

test('a version that the bundle lacks is refused with the one it has', async () => {
  const bundle = await openBundle(await smallBundle());
  expect(() => findPart(bundle, 'kubeadm', '1.35.0')).toThrow(/has no kubeadm 1\.35\.0, but 1\.36\.3/);
  expect(() => findPart(bundle, 'calico', '3.28.5')).toThrow(/has no calico 3\.28\.5$/);
});

test('a changed byte of equal size is found when the part is read, not before', async () => {
  const folder = await smallBundle();
  await writeFile(join(folder, 'bin/helm'), 'second progrbm');
  const bundle = await openBundle(folder);
  await expect(readPart(bundle, findPart(bundle, 'helm', '3.22.0'))).rejects.toThrow(/bin\/helm .* was changed/);
  expect((await readPart(bundle, findPart(bundle, 'kubeadm', '1.36.3'))).toString()).toBe('first program');
});

test('parts that are missing, cut or no ordinary files are found at once, all of them', async () => {
  const folder = await smallBundle();
  await rm(join(folder, 'bin/helm'));
  await writeFile(join(folder, 'bin/kubeadm'), 'first');
  await rm(join(folder, 'packages/keepalived_2.2.7_amd64.deb'));
  await symlink('/etc/hostname', join(folder, 'packages/keepalived_2.2.7_amd64.deb'));
  const error = await openBundle(folder).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BundleInvalid);
  expect(String(error)).toContain('bin/helm is missing');
  expect(String(error)).toContain('bin/kubeadm has 5 bytes, not 13');
  expect(String(error)).toContain('keepalived_2.2.7_amd64.deb is no ordinary file');
});

test('the digest from outside is compared with the index', async () => {
  const folder = await smallBundle();
  const { digest } = await openBundle(folder);
  expect((await openBundle(folder, digest)).digest).toBe(digest);
  await changeIndex(folder, (text) => text.replace('a test', 'elsewhere'));
  await expect(openBundle(folder, digest)).rejects.toThrow(/is not the bundle that --bundle-digest names/);
});

test.each([
  '../outside',
  '/etc/passwd',
  'bin/../../outside',
  'bin/./helm',
  'bin//helm',
  'bin\\helm',
  '.hidden/x',
  'bundle.json',
])('an index that names the file %s is refused', async (file) => {
  const folder = await smallBundle();
  await changeIndex(folder, (text) => text.replace('"bin/helm"', JSON.stringify(file)));
  await expect(openBundle(folder)).rejects.toThrow(/parts\.0\.file: is no plain path below the bundle/);
});

test('an index that names a part or a file twice is refused', async () => {
  const twice = { name: 'x', file: 'bin/x', data: '1' };
  await expect(openBundle(await smallBundle([twice, { ...twice, file: 'bin/y' }]))).rejects.toThrow('x 1.0 twice');
  await expect(openBundle(await smallBundle([twice, { ...twice, name: 'y' }]))).rejects.toThrow('bin/x twice');
});

test('a bundle that everybody may write into is refused, whichever of its folders it is', async () => {
  for (const place of ['.', 'bin', 'bundle.json']) {
    const folder = await smallBundle();
    await chmod(join(folder, place), 0o777);
    await expect(openBundle(folder)).rejects.toThrow(/can be written by everybody/);
  }
});

test('a digest from outside vouches for a bundle on a medium that knows no owners', async () => {
  const folder = await smallBundle();
  const { digest } = await openBundle(folder);
  await chmod(folder, 0o777);
  expect((await openBundle(folder, digest)).digest).toBe(digest);
});
