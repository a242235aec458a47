import { stringify } from 'yaml';
import type { HostWriter } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import type { Argv, CommandOutput } from '../../core/fact.ts';
import type { JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';

/** Readable by root only, and gone with the next boot at the latest: there is a token in it. */
const CONFIG_PATH = '/run/konvoy/kubeadm.yaml';

/** Milliseconds: kubeadm itself gives up on each of its steps after one to five minutes. */
const LONGEST_MS = 15 * 60_000;

/** What to do about a failed check of kubeadm's preflight, by the beginning of its name (cmd/kubeadm/app/preflight). */
const HINTS: readonly (readonly [string, string])[] = [
  ['Port-', 'find the program with `ss -ltnp` on that host and end it'],
  ['NumCPU', 'a control plane wants two processors'],
  ['Mem', 'a control plane wants 1700 MB of memory'],
  ['Swap', 'turn swap off, or set failSwapOn: false in spec.kubernetes.kubelet.extra'],
  ['CRI', 'look at `systemctl status containerd` on that host'],
  ['DirAvailable', 'the host holds what another cluster has left'],
  ['FileAvailable', 'the host holds what another cluster has left'],
  ['ImagePull', 'the host has no such image and cannot fetch it; a bundle brings it'],
  ['KubeletVersion', 'kubelet and Kubernetes must be of one minor version'],
];

/** kubeadm refused, or gave up. */
export class KubeadmFailed extends KonvoyError {
  constructor(host: string, verb: string, { exit, stdout, stderr }: CommandOutput) {
    const refused = [...stderr.matchAll(/^\s*\[ERROR ([^\]]+)\]: (.*)$/gm)].map(([, name = '', text = '']) => ({
      name,
      text,
    }));
    if (refused.length > 0) {
      const list = refused.map(({ name, text }) => `  ${text} (${name})`).join('\n');
      const hints = refused.flatMap(({ name }) =>
        HINTS.filter(([start]) => name.startsWith(start)).map(([, hint]) => hint),
      );
      super(`${host}: kubeadm ${verb} refuses:\n${list}`, {
        hint: `${[...new Set(hints)].join('; ') || 'put that right and run the same again'}. spec.kubernetes.preflightChecks.errorsToIgnore takes the names in brackets.`,
      });
      return;
    }
    const said = stderr
      .split('\n')
      .filter((line) => /^(error|Error|\s+\[)|execution phase|timed out|unable to|failed/.test(line));
    const reason = said.slice(-3).join('; ').trim() || stdout.trim().split('\n').slice(-3).join('; ');
    super(`${host}: kubeadm ${verb} ended with exit code ${exit}: ${reason}`, {
      hint: `look at \`journalctl -u kubelet\` on ${host}; the next run cleans the host and begins there again`,
    });
  }
}

/** kubeadm's documents as one YAML text. */
export function printKubeadmDocuments(documents: readonly JsonObject[]): string {
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

/** Runs `kubeadm VERB` with a configuration that only root can read and that is gone afterwards. */
export async function runKubeadm(
  writer: HostWriter,
  verb: 'init' | 'join',
  documents: readonly JsonObject[],
  args: readonly string[] = [],
): Promise<void> {
  await writer.writeFile(CONFIG_PATH, new Secret(printKubeadmDocuments(documents)), { mode: 0o600 });
  try {
    const command: Argv = ['kubeadm', verb, `--config=${CONFIG_PATH}`, ...args];
    const output = await writer.run(command, { expect: 'any', timeoutMs: LONGEST_MS });
    if (output.exit !== 0) throw new KubeadmFailed(writer.address, verb, output);
  } finally {
    await writer.run(['rm', '-f', '--', CONFIG_PATH], { expect: 'any' }).catch(() => undefined);
  }
}
