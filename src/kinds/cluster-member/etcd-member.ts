import type { HostAddress } from '../../core/address.ts';
import type { Argv } from '../../core/fact.ts';
import type { LivingControlPlane } from '../kubectl.ts';
import { PKI_FOLDER } from './certificates.ts';

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

/** Takes a host out of etcd's members; does nothing where it is none. */
export async function removeEtcdMember({ writer }: LivingControlPlane, host: HostAddress): Promise<void> {
  const { stdout } = await writer.run(etcdctl('member', 'list'));
  // `ID, started, NAME, https://HOST:2380, https://HOST:2379, false`
  const ids = stdout
    .split('\n')
    .filter((line) => line.includes(`https://${host}:2380`))
    .map((line) => line.slice(0, line.indexOf(',')));
  for (const id of ids) await writer.run(etcdctl('member', 'remove', id));
}
