import type { HostWriter } from '../../connections/host.ts';
import type { JsonObject } from '../../core/json.ts';
import { PKI_FOLDER } from '../../facts/etcdctl.ts';
import { REPLACED } from '../static-pods.ts';
import { runKubeadm } from './kubeadm.ts';

/** Where the new one is made: kubeadm keeps a certificate that it finds, and the API server shall not miss one meanwhile. */
const STAGE = '/etc/kubernetes/konvoy-certificate';

const PREPARE = `set -e
rm -rf ${STAGE}
mkdir -m 0700 ${STAGE}
ln -s ${PKI_FOLDER}/ca.crt ${PKI_FOLDER}/ca.key ${STAGE}/
`;

/** kube-apiserver reads them anew by itself when they change (apiserver/pkg/server/dynamiccertificates). */
const SWAP = `set -e
mkdir -p -m 0700 ${REPLACED}
cp -p ${PKI_FOLDER}/apiserver.crt ${PKI_FOLDER}/apiserver.key ${REPLACED}/
mv -f ${STAGE}/apiserver.key ${STAGE}/apiserver.crt ${PKI_FOLDER}/
rm -rf ${STAGE}
`;

/** Gives the API server a certificate with the names in kubeadm's documents. The one from before is kept in `REPLACED`. */
export async function replaceCertificate(writer: HostWriter, documents: readonly JsonObject[]): Promise<void> {
  await writer.run(['sh', '-c', PREPARE]);
  try {
    const staged = documents.map((document) =>
      document.kind === 'ClusterConfiguration' ? { ...document, certificatesDir: STAGE } : document,
    );
    await runKubeadm(writer, 'init phase certs apiserver', staged);
    await writer.run(['sh', '-c', SWAP]);
  } finally {
    await writer.run(['rm', '-rf', '--', STAGE], { expect: 'any' });
  }
}
