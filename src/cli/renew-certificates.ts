import type { HostConnections, HostWriter } from '../connections/host.ts';
import { etcdEndpoint } from '../facts/etcdctl.ts';
import type { HostAddress } from '../core/address.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import { ask } from '../core/fact.ts';
import { stopIfAborted } from '../engine/interrupted.ts';
import { interfaceWith, ipAddress } from '../facts/ip-address.ts';
import { kubeadmCertificates } from '../facts/kubeadm-certificates.ts';
import { askWriter } from '../kinds/ask-writer.ts';
import { findEtcdHosts } from '../kinds/etcd/etcd-hosts.ts';
import { waitForEtcd, waitForHealth } from '../kinds/etcd/wait-for.ts';
import { restartStaticPods } from '../kinds/static-pods.ts';

/** Milliseconds: kubeadm may wait for an API that does not answer before it goes on without. */
const RENEW_MS = 5 * 60_000;

/** What a host's certificates are good for now. */
export interface Renewed {
  readonly host: HostAddress;
  /** The first day on which one of them ends: `2027-11-24`. */
  readonly until: string;
}

interface Given {
  /** Of the control planes that take part, locked. */
  readonly writers: readonly HostWriter[];
  /** All of them. */
  readonly controlPlanes: readonly HostAddress[];
  readonly connections: HostConnections;
  /** Where the API servers listen, 1–65535. */
  readonly port: number;
  /** Its holder comes last: so the address moves once. */
  readonly vip: string | undefined;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Renews the certificates of kubeadm host by host; the next one begins when all of etcd and the host's own programs are well.
 * Where certificates have expired already nothing can be well before all hosts are done, so they do not wait for each other.
 */
export async function renewCertificates(given: Given): Promise<readonly Renewed[]> {
  const { writers, report, signal } = given;
  const etcd = await lookAtEtcd(given);
  const members = etcd?.members;
  const renewed: Renewed[] = [];
  const restarted: HostWriter[] = [];
  for (const writer of await inOrder(given, etcd?.sick)) {
    stopIfAborted(signal);
    report({
      is: 'note',
      text: `${writer.address}: certificates are renewed, the programs of the control plane restart`,
    });
    await writer.run(['kubeadm', 'certs', 'renew', 'all'], { timeoutMs: RENEW_MS });
    await restartStaticPods(writer);
    restarted.push(writer);
    if (members !== undefined) await waitUntilWell(writer, members, given);
    renewed.push({ host: writer.address, until: await firstEnd(writer) });
  }
  if (members === undefined) for (const writer of restarted) await waitUntilWell(writer, writers.length, given);
  return renewed;
}

async function waitUntilWell(writer: HostWriter, members: number, { port, report }: Given): Promise<void> {
  await waitForEtcd(writer, members);
  for (const program of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
    await waitForHealth(writer, program, port);
  }
  report({ is: 'note', text: `${writer.address}: its programs are well` });
}

/**
 * How many members etcd has, and which one of these hosts is not well: a run that was killed may have left it so, and a
 * restart of that one stops nobody. Undefined where certificates have expired. Throws where a restart might take the majority.
 */
async function lookAtEtcd({
  writers,
  controlPlanes,
  connections,
}: Given): Promise<{ members: number; sick: HostAddress | undefined } | undefined> {
  for (const writer of writers) {
    const { now, certificates } = await askWriter(writer, ask(kubeadmCertificates, writer.address, undefined));
    if (certificates.length === 0) {
      throw new KonvoyError(`${writer.address} has no certificates in /etc/kubernetes`, {
        hint: 'it is no control plane yet; konvoy deploy kubernetes makes it one',
      });
    }
    if (certificates.some(({ seconds, authority }) => !authority && seconds <= now)) return undefined;
  }
  const { found } = await findEtcdHosts(controlPlanes, connections);
  const members = found[0]?.members ?? [];
  const sick = members.filter(({ healthy }) => !healthy).map(({ endpoint }) => endpoint);
  const own = writers.find(({ address }) => sick.includes(etcdEndpoint(address)))?.address;
  if (members.length > 0 && sick.length === (own === undefined ? 0 : 1)) return { members: members.length, sick: own };
  const what = members.length === 0 ? 'etcd does not answer' : `etcd is not well at ${sick.join(', ')}`;
  throw new KonvoyError(`${what}: a restart of another member would stop the cluster; nothing was changed`, {
    hint: 'konvoy check kubernetes says more; mend that first',
  });
}

/** The host that is not well comes first, the holder of the virtual address last. */
async function inOrder({ writers, vip }: Given, sick: HostAddress | undefined): Promise<readonly HostWriter[]> {
  const ranks = await Promise.all(
    writers.map(async (writer) => {
      if (writer.address === sick) return -1;
      if (vip === undefined) return 0;
      const interfaces = await askWriter(writer, ask(ipAddress, writer.address, undefined));
      return interfaceWith(interfaces, vip) === undefined ? 0 : 1;
    }),
  );
  return [-1, 0, 1].flatMap((rank) => writers.filter((_, index) => ranks[index] === rank));
}

/** Of those that kubeadm renews. */
async function firstEnd(writer: HostWriter): Promise<string> {
  const { certificates } = await askWriter(writer, ask(kubeadmCertificates, writer.address, undefined));
  const ends = certificates.filter(({ authority }) => !authority).map(({ day }) => day);
  return ends.toSorted()[0] ?? 'unknown';
}
