import { expect, test } from 'vitest';
import { FactUnreadable } from '../core/fact.ts';
import { containerdBlobs } from './containerd-blobs.ts';
import { containerdImages } from './containerd-images.ts';

/** What containerd 1.6.20 of Debian 12 printed. */
const said = (stdout: string, exit = 0, stderr = '') => ({ exit, stdout, stderr });
const images = (output: ReturnType<typeof said>) => containerdImages.parse(output, {});

const NOT_RUNNING =
  'ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: connection error: desc = "transport: error while dialing: dial unix:///run/containerd/containerd.sock: timeout"\n';
const HUNG =
  'ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: timed out waiting for server handshake\n';

test('references are told as containerd stores them, also by digest', () => {
  const stdout =
    'registry.k8s.io/pause:3.10.2\nsha256:af1b87afa9fccadd8c549d756598c2148ae330477a7e923fc75d8ac9e600c982\n';
  expect([...(images(said(stdout)) ?? [])]).toEqual([
    'registry.k8s.io/pause:3.10.2',
    'sha256:af1b87afa9fccadd8c549d756598c2148ae330477a7e923fc75d8ac9e600c982',
  ]);
  expect(images(said(''))).toEqual(new Set());
});

test('a host without containerd, or with one that does not run, has none', () => {
  expect(images(said('', 127, 'sh: 1: ctr: not found\n'))).toBeUndefined();
  expect(images(said('', 1, NOT_RUNNING))).toBeUndefined();
});

test('a containerd that runs and gives no answer is no answer', () => {
  expect(() => images(said('', 1, HUNG))).toThrow(FactUnreadable);
  expect(() => images(said('', 1, ''))).toThrow('ctr ended with exit code 1');
});

test('blobs are told by their digests', () => {
  const digest = 'sha256:25e94f212c1c7daac0f764647ab110e2fa63c784679c322357e50f788da667ff';
  expect(containerdBlobs.parse(said(`${digest}\n`), {})).toEqual(new Set([digest]));
});
