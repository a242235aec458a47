import type { HostConnections, HostWriter } from '../../connections/host.ts';
import { etcdEndpoint } from '../../facts/etcdctl.ts';
import type { HostAddress } from '../../core/address.ts';
import { ask, FactUnreadable } from '../../core/fact.ts';
import { MEMBER_RECORD } from '../../facts/cluster-state.ts';
import { type EtcdMember, etcdHealth } from '../../facts/etcd-health.ts';
import { fileContent } from '../../facts/file-content.ts';
import { fileStat } from '../../facts/file-stat.ts';
import { askWriterAll } from '../ask-writer.ts';
import { parseMemberRecord } from '../cluster-member/member-record.ts';

/** Where etcd keeps what it knows, on every control plane that kubeadm made. */
export const ETCD_DATA = '/var/lib/etcd';

/** A host with the data of etcd on it. */
export interface EtcdHost {
  readonly host: HostAddress;
  readonly writer: HostWriter;
  /** What its etcd knows of all members; undefined where it does not answer. */
  readonly members: readonly EtcdMember[] | undefined;
  /** Whether it is one of a majority that agrees. */
  readonly healthy: boolean;
}

/** The hosts among these that have data of etcd, those that are healthy first. */
export interface EtcdHosts {
  readonly found: readonly EtcdHost[];
  /** Hosts that could not be asked, and why. */
  readonly lost: readonly { readonly host: HostAddress; readonly error: unknown }[];
}

/** Looks for etcd on hosts. What a killed run has left of a member that never came to be is none. */
export async function findEtcdHosts(hosts: readonly HostAddress[], connections: HostConnections): Promise<EtcdHosts> {
  const found: EtcdHost[] = [];
  const lost: { host: HostAddress; error: unknown }[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      try {
        const etcd = await lookAt(host, await connections.writer(host));
        if (etcd !== undefined) found.push(etcd);
      } catch (error) {
        lost.push({ host, error });
      }
    }),
  );
  const rank = ({ host, healthy }: EtcdHost) => hosts.indexOf(host) + (healthy ? 0 : hosts.length);
  return { found: found.sort((one, other) => rank(one) - rank(other)), lost };
}

async function lookAt(host: HostAddress, writer: HostWriter): Promise<EtcdHost | undefined> {
  const asked = {
    data: ask(fileStat, host, { path: `${ETCD_DATA}/member` }),
    record: ask(fileContent, host, { path: MEMBER_RECORD }),
  };
  const answers = await askWriterAll(writer, Object.values(asked));
  const record = answers.get(asked.record);
  if (answers.get(asked.data) === undefined) return undefined;
  if (record !== undefined && parseMemberRecord(record).state === 'begun') return undefined;
  const members = await askHealth(writer);
  const own = etcdEndpoint(host);
  return { host, writer, members, healthy: members?.some((each) => each.endpoint === own && each.healthy) ?? false };
}

async function askHealth(writer: HostWriter): Promise<readonly EtcdMember[] | undefined> {
  const [output] = await writer.query([etcdHealth.command(undefined)]);
  try {
    return output === undefined ? undefined : etcdHealth.parse(output, undefined);
  } catch (error) {
    if (error instanceof FactUnreadable) return undefined;
    throw error;
  }
}
