import type { HostWriter } from '../connections/host.ts';
import { GIVE_ADDRESS_AWAY } from '../core/api-address.ts';
import { KonvoyError } from '../core/errors.ts';
import { MANIFESTS } from '../facts/static-pod-versions.ts';

/** Where their files wait while they shall not run. The kubelet does not look there, and `reset` takes it away. */
export const ASIDE = '/etc/kubernetes/konvoy-aside';

/** Says where the data from before a restore is, until that has come to its end: what stands beside it must not run. */
export const UNFINISHED_RESTORE = `${ASIDE}/data-before`;

/** The programs of a control plane that the kubelet runs by a file each. */
export const STATIC_PODS = ['kube-apiserver', 'etcd', 'kube-controller-manager', 'kube-scheduler'] as const;
export type StaticPod = (typeof STATIC_PODS)[number];

/** Seconds that a program may take to end: kubeadm's pods have 30 until they are killed. */
const STOP_SECONDS = 90;

/**
 * A pod ends when its file is gone, and that is the one way that needs no tool of the container runtime. Processes are
 * known by the name that the kernel has of them, fifteen letters at most.
 */
const FUNCTIONS = `${GIVE_ADDRESS_AWAY}
aside=${ASIDE}
take_out() {
  mkdir -p -m 0700 $aside
  for pod; do
    if [ -e ${MANIFESTS}/$pod.yaml ]; then mv -f ${MANIFESTS}/$pod.yaml $aside/$pod.yaml || return 1; fi
  done
  left=${STOP_SECONDS * 5}
  for pod; do
    while grep -lxs "$(printf %.15s "$pod")" /proc/[0-9]*/comm >/dev/null; do
      left=$((left - 1))
      if [ $left -le 0 ]; then echo "$pod still runs after ${STOP_SECONDS} s" >&2; return 1; fi
      sleep 0.2
    done
  done
}
put_in() {
  for pod; do
    if [ -e $aside/$pod.yaml ]; then mv -f $aside/$pod.yaml ${MANIFESTS}/$pod.yaml || return 1; fi
  done
}
`;

/**
 * Goes on to its end also when the connection is lost: a control plane must not stay stopped because a laptop was closed. The
 * watch sees by itself how long the API server is away.
 */
const RESTART = `${FUNCTIONS}
if [ -e ${UNFINISHED_RESTORE} ]; then echo 'a restore has not come to its end: konvoy etcd restore completes it' >&2; exit 1; fi
trap '' HUP INT TERM PIPE
give_address_away
take_out kube-apiserver && take_out ${STATIC_PODS.join(' ')}
result=$?
may_hold_address
put_in ${STATIC_PODS.join(' ')} && rmdir ${ASIDE} || exit 1
exit $result
`;

/** Where konvoy keeps what it replaces on a control plane: files of the last time. `reset` takes it away. */
export const REPLACED = '/etc/kubernetes/konvoy-replaced';

/**
 * Ends programs and lets kubeadm write their files anew out of the configuration at `$1`; the API server ends first. Where
 * kubeadm fails, what was there runs again.
 */
const REPLACE = `${FUNCTIONS}
config=$1
shift
if [ -e ${UNFINISHED_RESTORE} ]; then echo 'a restore has not come to its end: konvoy etcd restore completes it' >&2; exit 1; fi
trap '' HUP INT TERM PIPE
aside=${REPLACED}
said=$(mktemp /run/konvoy/phase.XXXXXX) || exit 1
result=0
give_address_away
for pod; do [ $result != 0 ] || take_out "$pod" || result=$?; done
for pod; do
  [ $result = 0 ] || break
  case $pod in etcd) phase='etcd local' ;; *) phase="control-plane \${pod#kube-}" ;; esac
  kubeadm init phase $phase --config="$config" >"$said" 2>&1 || result=$?
done
may_hold_address
if [ $result != 0 ]; then cat "$said" >&2; put_in "$@"; fi
rm -f "$said"
exit $result
`;

/** Puts the files of the last time in the place of those that did not do, which are gone then. */
const PUT_BACK = `${FUNCTIONS}
trap '' HUP INT TERM PIPE
aside=$(mktemp -d /run/konvoy/rejected.XXXXXX) || exit 1
take_out "$@"
rm -rf "$aside"
aside=${REPLACED}
put_in "$@"
`;

async function runOnHost(writer: HostWriter, script: string, what: string, args: readonly string[]): Promise<void> {
  const timeoutMs = 3 * STOP_SECONDS * 1000;
  const output = await writer.run(['sh', '-c', script, 'sh', ...args], { expect: 'any', timeoutMs });
  if (output.exit === 0) return;
  throw new KonvoyError(
    `${writer.address}: ${what}: ${output.stderr.trim() || `sh ended with exit code ${output.exit}`}`,
    {
      hint: `look at \`journalctl -u kubelet\` on ${writer.address}: the kubelet starts and ends these programs`,
    },
  );
}

/** Ends programs of a control plane and waits until they are gone. Does nothing for those that do not run. */
export async function stopStaticPods(writer: HostWriter, pods: readonly StaticPod[]): Promise<void> {
  await writer.run(['systemctl', 'start', '--', 'kubelet.service']);
  await runOnHost(writer, `${FUNCTIONS}\ntake_out "$@"`, `${pods.join(' and ')} cannot be stopped`, pods);
}

/** Lets programs that were stopped run again; the kubelet takes a moment to start them. */
export async function startStaticPods(writer: HostWriter, pods: readonly StaticPod[]): Promise<void> {
  await runOnHost(writer, `${FUNCTIONS}\nput_in "$@"`, `${pods.join(' and ')} cannot be started`, pods);
}

/**
 * Restarts every program of a control plane. The virtual address goes elsewhere first, and the API server ends while its etcd
 * still answers: so no request fails for want of it. What a killed run has left stopped runs again, too.
 */
export async function restartStaticPods(writer: HostWriter): Promise<void> {
  await writer.run(['systemctl', 'start', '--', 'kubelet.service']);
  await runOnHost(writer, RESTART, 'the programs of the control plane cannot be restarted', []);
}

/** Programs whose files kubeadm writes anew, in the order in which they end: the API server while its etcd still answers. */
export type ReplacedPods = readonly ['kube-apiserver'] | readonly ['kube-apiserver', 'etcd'];

/**
 * Restarts programs of a control plane as kubeadm makes them of its configuration, which lies at `config`. Their files from
 * before are kept in `REPLACED`.
 */
export async function replaceStaticPods(writer: HostWriter, pods: ReplacedPods, config: string): Promise<void> {
  await writer.run(['systemctl', 'start', '--', 'kubelet.service']);
  await runOnHost(writer, REPLACE, `${pods.join(' and ')} cannot be replaced`, [config, ...pods]);
}

/** Takes a replacement back. */
export async function putBackStaticPods(writer: HostWriter, pods: ReplacedPods): Promise<void> {
  await runOnHost(writer, PUT_BACK, `${pods.join(' and ')} from before cannot be started`, pods);
}
