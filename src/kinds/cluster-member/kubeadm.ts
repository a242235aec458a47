import { stringify } from 'yaml';
import type { HostWriter } from '../../connections/host.ts';
import type { Argv } from '../../core/fact.ts';
import type { JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { KubeadmFailed } from './kubeadm-failed.ts';

/** Readable by root only, and gone with the next boot at the latest: there is a token in it. */
const CONFIG_PATH = '/run/konvoy/kubeadm.yaml';

/** Milliseconds: kubeadm itself gives up on each of its steps after one to five minutes. */
const LONGEST_MS = 15 * 60_000;

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
