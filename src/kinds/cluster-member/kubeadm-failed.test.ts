import { describe, expect, it } from 'vitest';
import { output } from '../../../test/support/fake-host.ts';
import { KubeadmFailed } from './kubeadm-failed.ts';

const HOST = '10.0.50.21';

/** What kubeadm 1.36.3 prints before whatever ends it, on a host with an older containerd. */
const NOISE = `	[WARNING ContainerRuntimeVersion]: You must update your container runtime to a version that supports the CRI method RuntimeConfig. Falling back to using cgroupDriver from kubelet config will be removed in 1.37.
E1124 12:50:10.770195    1063 remote_runtime.go:1177] "RuntimeConfig from runtime service failed" err="rpc error: code = Unimplemented"
	[WARNING SystemVerification]: cgroups v1 support is deprecated and will be removed in a future release. To explicitly enable it you must set 'FailCgroupV1'. The validation failed.
`;
const TRACE = 'To see the stack trace of this error execute with --v=5 or higher\n';
const IDENTITY = "preflight: couldn't validate the identity of the API Server: ";

/** A join that ended like this, as it was recorded. */
function joinEndedWith(reason: string): KubeadmFailed {
  return new KubeadmFailed(
    HOST,
    'join',
    output('[preflight] Running pre-flight checks\n', 1, `${NOISE}error: error execution phase ${reason}\n${TRACE}`),
  );
}

describe('a join that fails says why, and what to do', () => {
  it.each([
    ['whose token has ended', 'could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"'],
    [
      'whose token has another secret',
      "failed to verify JWS signature of received cluster info object, can't trust this API Server",
    ],
  ])('%s', (_name, reason) => {
    const { message, hint } = joinEndedWith(`${IDENTITY}${reason}`);
    expect(message).toBe(`${HOST}: kubeadm join ended with exit code 1: ${IDENTITY}${reason}`);
    expect(hint).toContain('run the same again, which makes a new token');
  });

  it('where another cluster answers', () => {
    const { message, hint } = joinEndedWith(
      `${IDENTITY}cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:ea6d" are pinned`,
    );
    expect(message).toContain('none of the public keys "sha256:ea6d" are pinned');
    expect(hint).toContain('another cluster answers at the address of the API');
  });

  it.each([
    ['dial tcp 10.0.50.23:8443: connect: connection refused'],
    ['dial tcp 10.0.50.23:8443: connect: no route to host'],
    ['tls: first record does not look like a TLS handshake'],
    ['EOF'],
  ])('where the endpoint is dead: %s', (why) => {
    const { message, hint } = joinEndedWith(
      `${IDENTITY}failed to request the cluster-info ConfigMap: Get "https://10.0.50.23:8443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s": ${why}`,
    );
    expect(message).toContain(why);
    expect(hint).toContain('the API does not answer at 10.0.50.23:8443, the address that every member uses');
    expect(hint).toContain('the next run cleans the host and begins there again');
  });

  it('and the many warnings of kubeadm are not taken for the reason', () => {
    expect(joinEndedWith('kubelet-start: timed out waiting for the condition').message).toBe(
      `${HOST}: kubeadm join ended with exit code 1: kubelet-start: timed out waiting for the condition`,
    );
    expect(joinEndedWith('kubelet-start: timed out waiting for the condition').hint).toContain('journalctl -u kubelet');
  });
});

it('tells a refusal, which leaves the host as it was, from a run that ended half-way', () => {
  const refusal = `error: error execution phase preflight: [preflight] Some fatal errors occurred:
	[ERROR FileAvailable--etc-kubernetes-manifests-etcd.yaml]: /etc/kubernetes/manifests/etcd.yaml already exists
	[ERROR Port-10250]: Port 10250 is in use
[preflight] If you know what you are doing, you can make a check non-fatal with \`--ignore-preflight-errors=...\`
`;
  const refused = new KubeadmFailed(HOST, 'init', output('', 1, `${NOISE}${refusal}${TRACE}`));
  expect(refused.refused).toBe(true);
  expect(refused.message).toBe(
    `${HOST}: kubeadm init refuses:\n  /etc/kubernetes/manifests/etcd.yaml already exists (FileAvailable--etc-kubernetes-manifests-etcd.yaml)\n  Port 10250 is in use (Port-10250)`,
  );
  expect(refused.hint).toMatch(/ss -ltnp.*move it away.*errorsToIgnore/);
  expect(joinEndedWith('kubelet-start: timed out').refused).toBe(false);
});
