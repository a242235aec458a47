import { expect, test } from 'vitest';
import { staticPodVersions } from './static-pod-versions.ts';

const read = (stdout: string, exit = 0) => [...staticPodVersions.parse({ exit, stdout, stderr: '' }, undefined)];

test('the versions of a control plane are the tags of its images', () => {
  const stdout = `/etc/kubernetes/manifests/kube-apiserver.yaml:    image: registry.k8s.io/kube-apiserver:v1.36.3
/etc/kubernetes/manifests/kube-controller-manager.yaml:    image: registry.example.com:5000/k8s/kube-controller-manager:v1.36.2
/etc/kubernetes/manifests/kube-scheduler.yaml:    image: registry.k8s.io/kube-scheduler:v1.36.2
`;
  expect(read(stdout)).toEqual([
    ['kube-apiserver', 'v1.36.3'],
    ['kube-controller-manager', 'v1.36.2'],
    ['kube-scheduler', 'v1.36.2'],
  ]);
});

test('a host that is no control plane has none, and an image without a tag says nothing', () => {
  expect(read('', 2)).toEqual([]);
  expect(
    read('/etc/kubernetes/manifests/kube-scheduler.yaml:    image: registry.example.com:5000/scheduler\n'),
  ).toEqual([]);
});

test('a host without grep is unreadable', () => {
  expect(() => read('', 127)).toThrow('grep ended with exit code 127');
});
