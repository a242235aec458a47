import { parseAllDocuments, stringify } from 'yaml';
import { isJsonObject, type JsonObject, listAt, textAt, toJson } from '../../src/core/json.ts';
import { MANIFESTS } from '../../src/facts/static-pod-versions.ts';
import type { FakeHost } from './fake-host.ts';

/** Certificates of no use to anybody, for 10.0.50.11 and 10.0.50.20; the second one for api.example.org, too. */
const CERTIFICATES = {
  plain: `-----BEGIN CERTIFICATE-----
MIIBuzCCAWCgAwIBAgIUYxRNAM0Acm/2mkIsGgXHDDoipxkwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOa3ViZS1hcGlzZXJ2ZXIwIBcNMjYxMTMwMTIzMzAyWhgPMjEy
NjExMDYxMjMzMDJaMBkxFzAVBgNVBAMMDmt1YmUtYXBpc2VydmVyMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEobRjlyH0YBP4o+gITJo1NR7QquKdJF4SVC3UV3dn
6XwLdFYJG6dnyiCPvpmBxGSuasIGMNeMi2DD7ycYdBX2E6OBgzCBgDAdBgNVHQ4E
FgQUKctuvRozE2N+TcJhwieat/svwygwHwYDVR0jBBgwFoAUKctuvRozE2N+TcJh
wieat/svwygwDwYDVR0TAQH/BAUwAwEB/zAtBgNVHREEJjAkggprdWJlcm5ldGVz
ggoxMC4wLjUwLjExhwQKADILhwQKADIUMAoGCCqGSM49BAMCA0kAMEYCIQCo0LNZ
9lvHhsL6m+XTSw+Zr7/bkTmd4QWnBbKrOtk3UwIhAMicKzm/aB2K34CJZDlFh/FP
d1fKH9v5DcJaKbwBAlcT
-----END CERTIFICATE-----
`,
  named: `-----BEGIN CERTIFICATE-----
MIIBzDCCAXGgAwIBAgIUCb+fMJsciQat6VSH8IQrPm1dHBcwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOa3ViZS1hcGlzZXJ2ZXIwIBcNMjYxMTMwMTIzMzAyWhgPMjEy
NjExMDYxMjMzMDJaMBkxFzAVBgNVBAMMDmt1YmUtYXBpc2VydmVyMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEoh7oj1YOo+ZGp6B140vcGGTM7zD6GyQiuN/buVRt
9ChUEFSIbOxVJvtTGHdxhjLQo8Wv9sL5IgwmOk5YOvqCtKOBlDCBkTAdBgNVHQ4E
FgQU3F7645rWKXelSN3MTkH6qab50ykwHwYDVR0jBBgwFoAU3F7645rWKXelSN3M
TkH6qab50ykwDwYDVR0TAQH/BAUwAwEB/zA+BgNVHREENzA1ggprdWJlcm5ldGVz
ggoxMC4wLjUwLjExhwQKADILhwQKADIUgg9hcGkuZXhhbXBsZS5vcmcwCgYIKoZI
zj0EAwIDSQAwRgIhAKvLNSPYgie0v4X74ZbgYuHvjJar2Sz9wxQLBtWBUbLpAiEA
p6aqvWRDIlD3Z23/Gb+9ku+UHn6A2lQ4pFGiUHQXe+0=
-----END CERTIFICATE-----
`,
};

const KUBERNETES_PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
type Program = (typeof KUBERNETES_PROGRAMS)[number] | 'etcd';
const PROGRAMS: readonly Program[] = [...KUBERNETES_PROGRAMS, 'etcd'];

/** kubeadm's documents out of their text. */
export function documentsIn(text: string): readonly JsonObject[] {
  return parseAllDocuments(text)
    .map((document) => toJson(document.toJS()))
    .filter(isJsonObject);
}

function flagsFor(program: Program, configuration: JsonObject): string[] {
  const own = { etcd: ['--data-dir=/var/lib/etcd'], 'kube-apiserver': ['--secure-port=6443'] };
  const path = program === 'etcd' ? ['etcd', 'local', 'extraArgs'] : ['apiServer', 'extraArgs'];
  if (program !== 'etcd' && program !== 'kube-apiserver') return [];
  const extra = listAt(configuration, ...path).map((entry) => `--${textAt(entry, 'name')}=${textAt(entry, 'value')}`);
  return [...own[program], ...extra];
}

/** Writes the files of a control plane's programs, of some or of all, as kubeadm does it. */
export function writeManifests(
  { files }: FakeHost,
  configuration: JsonObject,
  programs: readonly string[] = PROGRAMS,
): void {
  const version = textAt(configuration, 'kubernetesVersion') ?? '';
  for (const program of PROGRAMS.filter((each) => programs.includes(each))) {
    const image = `registry.k8s.io/${program}:${program === 'etcd' ? '3.6.8-0' : version}`;
    const container = { name: program, command: [program, ...flagsFor(program, configuration)], image };
    files.write(`${MANIFESTS}/${program}.yaml`, stringify({ kind: 'Pod', spec: { containers: [container] } }), 0o600);
  }
}

const KEPT = '/etc/kubernetes/konvoy-replaced';

/** Keeps the files of programs as they are now. */
export function keepManifests({ files }: FakeHost, programs: readonly string[]): void {
  files.makeFolders(KEPT);
  for (const name of programs)
    files.write(`${KEPT}/${name}.yaml`, files.read(`${MANIFESTS}/${name}.yaml`) ?? '', 0o600);
}

/** Puts them back. */
export function putBackManifests({ files }: FakeHost, programs: readonly string[]): void {
  for (const name of programs) files.rename(`${KEPT}/${name}.yaml`, `${MANIFESTS}/${name}.yaml`);
}

/** The images in the files of Kubernetes' own programs, as grep prints them. */
export function imagesInManifests({ files }: FakeHost): string {
  return KUBERNETES_PROGRAMS.map((name) => `${MANIFESTS}/${name}.yaml`)
    .map((path) => ({ path, line: /^.*image:.*$/m.exec(files.read(path) ?? '')?.[0] }))
    .filter(({ line }) => line !== undefined)
    .map(({ path, line }) => `${path}:${line}\n`)
    .join('');
}

/** The certificate of an API server that kubeadm makes of a ClusterConfiguration. */
export function certificateFor(configuration: JsonObject): string {
  const names = listAt(configuration, 'apiServer', 'certSANs');
  return names.includes('api.example.org') ? CERTIFICATES.named : CERTIFICATES.plain;
}
