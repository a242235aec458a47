import type { HostAddress } from '../core/address.ts';
import type { Argv } from '../core/fact.ts';

/** Where kubeadm keeps the certificates and keys of a control plane. */
export const PKI_FOLDER = '/etc/kubernetes/pki';

/** etcdctl on a control-plane host, asking its own etcd as kubeadm's health checks do. */
export function etcdctl(...args: string[]): Argv {
  return [
    'etcdctl',
    '--endpoints=https://127.0.0.1:2379',
    `--cacert=${PKI_FOLDER}/etcd/ca.crt`,
    `--cert=${PKI_FOLDER}/etcd/healthcheck-client.crt`,
    `--key=${PKI_FOLDER}/etcd/healthcheck-client.key`,
    ...args,
  ];
}

/** Where the member of a host answers its clients, as etcd lists it. */
export function etcdEndpoint(host: HostAddress): string {
  return `https://${host}:2379`;
}
