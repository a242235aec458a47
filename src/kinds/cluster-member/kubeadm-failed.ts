import { KonvoyError } from '../../core/errors.ts';
import type { CommandOutput } from '../../core/fact.ts';

/** Commands of kubeadm that change a host. */
export type KubeadmVerb =
  | 'init'
  | 'init phase certs apiserver'
  | 'init phase upload-config kubeadm'
  | 'join'
  | 'upgrade apply'
  | 'upgrade node'
  | 'upgrade node phase kubelet-config';

/** What to do about a failed check of kubeadm's preflight, by the beginning of its name (cmd/kubeadm/app/preflight). */
const PREFLIGHT_HINTS: readonly (readonly [string, string])[] = [
  ['Port-', 'find the program with `ss -ltnp` on that host and end it'],
  ['NumCPU', 'a control plane wants two processors'],
  ['Mem', 'a control plane wants 1700 MB of memory'],
  ['Swap', 'turn swap off, or set failSwapOn: false in spec.kubernetes.kubelet.extra'],
  ['CRI', 'look at `systemctl status containerd` on that host'],
  ['DirAvailable', 'look whether anybody needs what is there, then move it away'],
  ['FileAvailable', 'look whether anybody needs what is there, then move it away'],
  ['ImagePull', 'the host has no such image and cannot fetch it; a bundle brings it'],
  ['CreateJob', 'a pod on any node must come to its end; see why none does: `kubectl get pods,events -n kube-system`'],
  ['ControlPlaneNodesReady', 'konvoy check kubernetes says which control plane is not ready, and why'],
  ['CoreDNS', 'the Corefile has something that kubeadm cannot migrate: look at the ConfigMap coredns'],
  ['KubeletVersion', 'kubelet and Kubernetes must be of one minor version'],
];

/** What to do about a join that ended, by what kubeadm says (cmd/kubeadm/app/discovery/token); `$1` is a host and port. */
const JOIN_HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /JWS signature/,
    'the token of this join is not valid: it ends after 15 minutes by the clock of the control plane, and kube-controller-manager has to sign it there; see that both are well (konvoy check nodes, date), then run the same again, which makes a new token',
  ],
  [
    /none of the public keys .* are pinned|certificate signed by unknown authority|certificate is valid for/,
    'another cluster answers at the address of the API: see where the load balancer leads, or who holds the virtual address (`ip -brief address` on the control-plane hosts)',
  ],
  [
    /Get "https:\/\/([^/"]+)\/.*(?:connection refused|no route to host|i\/o timeout|connection reset|EOF|deadline exceeded|does not look like a TLS handshake)/,
    'the API does not answer at $1, the address that every member uses: a load balancer there must pass TCP on to port 6443 of the control-plane hosts, a virtual address must be held by one of them (`systemctl status keepalived`), and no firewall on the way may drop it',
  ],
];

/** kubeadm refused, or gave up. */
export class KubeadmFailed extends KonvoyError {
  /** Whether its preflight refused: then it has changed nothing on the host. */
  readonly refused: boolean;

  constructor(host: string, verb: KubeadmVerb, output: CommandOutput) {
    const errors = preflightErrors(output.stderr);
    if (errors.length > 0) {
      const list = errors.map(({ name, text }) => `  ${text} (${name})`).join('\n');
      const hints = PREFLIGHT_HINTS.filter(([start]) => errors.some(({ name }) => name.startsWith(start)));
      const what = [...new Set(hints.map(([, hint]) => hint))].join('; ') || 'put that right and run the same again';
      super(`${host}: kubeadm ${verb} refuses:\n${list}`, {
        hint: `${what}. spec.kubernetes.preflightChecks.errorsToIgnore takes the names in brackets.`,
      });
    } else {
      const reason = reasonOf(output);
      super(`${host}: kubeadm ${verb} ended with exit code ${output.exit}: ${reason}`, {
        hint: STAYS.test(verb)
          ? `look at \`journalctl -u kubelet\` and /var/log/containers on ${host}; then run the same again: what is done stays so`
          : (joinHint(reason) ?? `look at \`journalctl -u kubelet\` on ${host}; ${AGAIN}`),
      });
    }
    this.refused = errors.length > 0;
  }
}

/** What is done to members, which stay. */
const STAYS = /^(upgrade|init phase) /;

const AGAIN = 'the next run cleans the host and begins there again';

function preflightErrors(stderr: string): readonly { readonly name: string; readonly text: string }[] {
  return [...stderr.matchAll(/^\s*\[ERROR ([^\]]+)\]: (.*)$/gm)].map(([, name = '', text = '']) => ({ name, text }));
}

/** What kubeadm ended with. Its many warnings, and what it says about itself, are no reason. */
function reasonOf({ stdout, stderr }: CommandOutput): string {
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '' && !NO_REASON.test(line));
  const told = lines(stderr);
  const errors = told.filter((line) => /^error|execution phase|timed out|unable to|failed/i.test(line));
  const said = [errors, told, lines(stdout)].find((found) => found.length > 0) ?? [];
  return said
    .slice(-3)
    .map((line) => line.trim().replace(/^error: error execution phase /, ''))
    .join('; ');
}

/** `[WARNING …]`, log lines of klog (`E1124 12:50:10.770195 …`), and how to see a stack trace. */
const NO_REASON = /^\s*\[WARNING |^[IWEF]\d{4} |^To see the stack trace/;

function joinHint(reason: string): string | undefined {
  for (const [pattern, hint] of JOIN_HINTS) {
    const match = pattern.exec(reason);
    if (match !== null) return `${hint.replace('$1', match[1] ?? '')}; ${AGAIN}`;
  }
  return undefined;
}
