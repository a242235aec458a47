import type { HostWriter, NewFile } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';

export const PKI_FOLDER = '/etc/kubernetes/pki';

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

/** The CA of the cluster, PEM. */
export async function readCa(writer: HostWriter): Promise<string> {
  return (await writer.run(['cat', '--', `${PKI_FOLDER}/ca.crt`])).stdout;
}

/** Carries the shared certificates and keys from one control plane to another, over the connections that are there. */
export async function carryCertificates(from: HostWriter, to: HostWriter): Promise<void> {
  const outputs = await from.query(SHARED.map((name) => ['cat', '--', `${PKI_FOLDER}/${name}`]));
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
  await to.writeFiles(files);
}
