import type { HostWriter, NewFile } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { PKI_FOLDER } from '../../facts/etcdctl.ts';

/** What all API servers and etcd members have in common (kubernetes.io, "Manual certificate distribution"). */
const SHARED = [
  'ca.crt',
  'ca.key',
  'sa.pub',
  'sa.key',
  'front-proxy-ca.crt',
  'front-proxy-ca.key',
  'etcd/ca.crt',
  'etcd/ca.key',
] as const;

/** A host that is to become a control plane has certificates of its own. Nothing was written there. */
export class CertificatesDiffer extends KonvoyError {
  constructor(host: string, files: readonly NewFile[]) {
    const list = files.map(({ path }) => path).join(', ');
    super(`${host} has certificates of another cluster: ${list}`, {
      hint: `look whether anybody needs them, then move ${PKI_FOLDER} away on ${host} and run the same again`,
    });
  }
}

/** The CA of the cluster, PEM. */
export async function readCa(writer: HostWriter): Promise<string> {
  return (await writer.run(['cat', '--', `${PKI_FOLDER}/ca.crt`])).stdout;
}

/**
 * Carries the shared certificates and keys from one control plane to another, over the connections that are there; returns
 * the paths that were not there. Throws `CertificatesDiffer`, and writes nothing, where others are there.
 */
export async function carryCertificates(from: HostWriter, to: HostWriter): Promise<readonly string[]> {
  const questions = SHARED.map((name) => ['cat', '--', `${PKI_FOLDER}/${name}`] as const);
  const [outputs, there] = await Promise.all([from.query(questions), to.query(questions)]);
  const files = SHARED.map((name, index): NewFile => {
    const output = outputs[index];
    if (output === undefined || output.exit !== 0) {
      throw new KonvoyError(`${from.address}: ${PKI_FOLDER}/${name} cannot be read: ${output?.stderr.trim() ?? ''}`, {
        hint: 'a control plane with CA keys elsewhere (external CA) is not supported',
      });
    }
    const isSecret = name.endsWith('.key');
    return {
      path: `${PKI_FOLDER}/${name}`,
      content: isSecret ? new Secret(output.stdout) : output.stdout,
      mode: isSecret ? 0o600 : 0o644,
    };
  });
  const others = files.filter((_, index) => there[index]?.exit === 0 && there[index].stdout !== outputs[index]?.stdout);
  if (others.length > 0) throw new CertificatesDiffer(to.address, others);
  const missing = files.filter((_, index) => there[index]?.exit !== 0);
  await to.writeFiles(missing);
  return missing.map(({ path }) => path);
}
