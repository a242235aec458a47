import { expect, test } from 'vitest';
import { FactUnreadable } from '../core/fact.ts';
import { containerdBlobs } from './containerd-blobs.ts';
import { containerdImages } from './containerd-images.ts';

// What containerd 1.6.20 of Debian 12 printed, the columns less wide.
const said = (stdout: string, exit = 0, stderr = '') => ({ exit, stdout, stderr });
const images = (output: ReturnType<typeof said>) => containerdImages.parse(output, {});

const DIGEST = 'sha256:a35383d55439401c3b7f6bdc318b16008337f53b1eff00ad92e16a948938a8a3';
const HEADER = 'REF                          TYPE  DIGEST  STATUS         SIZE                UNPACKED \n';
const line = (reference: string, rest: string) =>
  `${reference} application/vnd.oci.image.manifest.v1+json ${DIGEST} ${rest}\n`;
const PAUSE = 'registry.k8s.io/pause:3.10.2';
const ETCD = 'registry.k8s.io/etcd:3.6.8-0';

test('images are told by the references that containerd stores, unpacked or not', () => {
  const pause = line(PAUSE, 'complete (2/2) 676.8 KiB/676.8 KiB true');
  const etcd = line(ETCD, 'complete (2/2) 25.3 MiB/25.3 MiB   false');
  expect(images(said(HEADER + pause + etcd))).toEqual(new Set([PAUSE, ETCD]));
  expect(images(said(HEADER))).toEqual(new Set());
  expect(images(said(''))).toEqual(new Set());
});

test('an image that lacks a layer is none, unless it is unpacked', () => {
  const pause = line(PAUSE, 'incomplete (1/2) 292.0 B/676.8 KiB   true ');
  const etcd = line(ETCD, 'incomplete (1/2) 292.0 B/25.3 MiB    false');
  expect(images(said(HEADER + pause + etcd))).toEqual(new Set([PAUSE]));
});

test('one broken image does not hide the others', () => {
  const broken = line('docker.io/somebody/else:1', 'unavailable (0/?) 0.0 B/?             false');
  const stdout = HEADER + broken + line(PAUSE, 'complete (2/2)    676.8 KiB/676.8 KiB true');
  const stderr = `ctr: unable to check unpack for docker.io/somebody/else:1: content digest ${DIGEST}: not found\n`;
  expect(images(said(stdout, 1, stderr))).toEqual(new Set([PAUSE]));
});

test('a host without containerd, or with one that does not run, has none', () => {
  const notRunning =
    'ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: connection error: desc = "transport: error while dialing: dial unix:///run/containerd/containerd.sock: timeout"\n';
  for (const { parse } of [containerdImages, containerdBlobs]) {
    expect(parse(said('', 127, 'sh: 1: ctr: not found\n'), {})).toBeUndefined();
    expect(parse(said('', 1, notRunning), {})).toBeUndefined();
  }
});

test('a containerd that runs and gives no answer is no answer', () => {
  const hung =
    'ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: timed out waiting for server handshake\n';
  for (const { parse } of [containerdImages, containerdBlobs]) {
    expect(() => parse(said('', 1, hung), {})).toThrow(FactUnreadable);
    expect(() => parse(said('', 1, ''), {})).toThrow('ctr ended with exit code 1');
  }
});

test('blobs are told by their digests', () => {
  expect(containerdBlobs.parse(said(`${DIGEST}\n`), {})).toEqual(new Set([DIGEST]));
});
