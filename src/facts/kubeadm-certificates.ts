import { type Fact, FactUnreadable } from '../core/fact.ts';
import { type CertificateEnd, certificateEnd } from './certificate-validity.ts';

/** A certificate that kubeadm made on a control plane. */
export interface KubeadmCertificate extends CertificateEnd {
  /** The file it stands in. */
  readonly path: string;
  /** Whether it vouches for others: kubeadm does not renew those. */
  readonly authority: boolean;
}

export interface KubeadmCertificates {
  /** The host's own clock, seconds since the epoch. */
  readonly now: number;
  readonly certificates: readonly KubeadmCertificate[];
}

/** Prints certificates and nothing else of these files: keys never leave the host, not even over the connection. */
const PROGRAM = `
only='/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p'
date +%s
cd /etc/kubernetes || exit 0
for file in pki/*.crt pki/etcd/*.crt; do
  [ -f "$file" ] || continue
  echo "file $file"
  sed -n "$only" "$file"
done
for file in admin.conf super-admin.conf controller-manager.conf scheduler.conf; do
  [ -f "$file" ] || continue
  echo "file $file"
  sed -n 's/^ *client-certificate-data: *//p' "$file" | base64 -d | sed -n "$only"
done
`;

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

function readFile(part: string): readonly KubeadmCertificate[] {
  const path = part.slice(0, part.indexOf('\n'));
  const block = BLOCK.exec(part)?.[0];
  // A kubeconfig may name a file, or a token.
  if (block === undefined) return [];
  return [{ path: `/etc/kubernetes/${path}`, authority: /(^|[/-])ca\.crt$/.test(path), ...certificateEnd(block) }];
}

/**
 * The certificates of kubeadm on a control plane, with those in the credentials of its programs. The kubelet's own is not
 * among them: it renews that by itself. Of a file with several the first counts, as for who reads it.
 */
export const kubeadmCertificates: Fact<undefined, KubeadmCertificates> = {
  name: 'certificates',
  command: () => ['sh', '-c', PROGRAM],
  parse({ exit, stdout, stderr }) {
    const [clock = '', ...parts] = stdout.split(/^file /m);
    if (exit !== 0 || !/^\d+\s*$/.test(clock)) {
      throw new FactUnreadable(stderr.trim() || `sh ended with exit code ${exit}`);
    }
    return { now: Number(clock), certificates: parts.flatMap(readFile) };
  },
};
