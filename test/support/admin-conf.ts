import { stringify } from 'yaml';

/** Base64 as it stands in a kubeconfig. */
export const inBase64 = (text: string) => Buffer.from(text).toString('base64');

/** The key in `adminConf`, as OpenSSL would write it. */
export const ADMIN_KEY = '-----BEGIN RSA PRIVATE KEY-----\nnobody may see this\n-----END RSA PRIVATE KEY-----\n';

/** What kubeadm writes into admin.conf, for a cluster with this certificate authority. */
export function adminConf(given: { authority?: string; certificate?: string; server?: string } = {}): string {
  const { authority = 'our authority', certificate = 'first certificate', server = 'https://10.0.50.20:6443' } = given;
  return stringify(
    {
      apiVersion: 'v1',
      clusters: [{ cluster: { 'certificate-authority-data': inBase64(authority), server }, name: 'kubernetes' }],
      contexts: [{ context: { cluster: 'kubernetes', user: 'kubernetes-admin' }, name: 'kubernetes-admin@kubernetes' }],
      'current-context': 'kubernetes-admin@kubernetes',
      kind: 'Config',
      users: [
        {
          name: 'kubernetes-admin',
          user: { 'client-certificate-data': inBase64(certificate), 'client-key-data': inBase64(ADMIN_KEY) },
        },
      ],
    },
    { lineWidth: 0, indentSeq: false },
  );
}
