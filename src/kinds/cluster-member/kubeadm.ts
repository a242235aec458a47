import { stringify } from 'yaml';
import type { HostWriter } from '../../connections/host.ts';
import { GIVE_ADDRESS_AWAY } from '../../core/api-address.ts';
import type { Argv } from '../../core/fact.ts';
import type { JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { KubeadmFailed, type KubeadmVerb } from './kubeadm-failed.ts';

/** Readable by root only, and gone with the next boot at the latest: there is a token in it. */
const CONFIG_PATH = '/run/konvoy/kubeadm.yaml';

/** Milliseconds: kubeadm itself gives up on each of its steps after one to five minutes. */
const LONGEST_MS = 30 * 60_000;

/**
 * Lets a command go on to its end also when the connection is lost, and says then how it went. What it prints waits in
 * files: who writes to a connection that is gone is ended. An upgrade restarts etcd before the API server that asks it, so the
 * virtual address goes elsewhere before.
 */
const TO_ITS_END = `${GIVE_ADDRESS_AWAY}
trap '' HUP INT TERM PIPE
said=$(mktemp -d /run/konvoy/kubeadm.XXXXXX) || exit 1
give_address_away
"$@" >"$said/out" 2>"$said/err" </dev/null
result=$?
may_hold_address
cat "$said/out"
cat "$said/err" >&2
rm -rf "$said"
exit $result
`;

/** kubeadm's documents as one YAML text. */
export function printKubeadmDocuments(documents: readonly JsonObject[]): string {
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

/** Lets kubeadm have its documents at a path, in a file that only root can read and that is gone afterwards. */
export async function withDocuments<T>(
  writer: HostWriter,
  documents: readonly JsonObject[],
  use: (path: string) => Promise<T>,
): Promise<T> {
  await writer.writeFile(CONFIG_PATH, new Secret(printKubeadmDocuments(documents)), { mode: 0o600 });
  try {
    return await use(CONFIG_PATH);
  } finally {
    await writer.run(['rm', '-f', '--', CONFIG_PATH], { expect: 'any' }).catch(() => undefined);
  }
}

/**
 * Runs `kubeadm VERB` with a configuration that only root can read and that is gone afterwards. An upgrade replaces one
 * program of the control plane after the other, and goes on to its end whatever becomes of konvoy: so long the host stays
 * locked.
 */
export async function runKubeadm(
  writer: HostWriter,
  verb: KubeadmVerb,
  documents: readonly JsonObject[],
  args: readonly string[] = [],
): Promise<void> {
  await withDocuments(writer, documents, async (path) => {
    const kubeadm: Argv = ['kubeadm', ...verb.split(' '), ...args, `--config=${path}`];
    const command: Argv = verb.startsWith('upgrade') ? ['sh', '-c', TO_ITS_END, 'sh', ...kubeadm] : kubeadm;
    const output = await writer.run(command, { expect: 'any', timeoutMs: LONGEST_MS });
    if (output.exit !== 0) throw new KubeadmFailed(writer.address, verb, output);
  });
}
