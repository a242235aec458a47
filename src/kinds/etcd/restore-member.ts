import type { ByteSource, HostWriter } from '../../connections/host.ts';
import type { HostAddress } from '../../core/address.ts';
import { KonvoyError } from '../../core/errors.ts';
import { ask } from '../../core/fact.ts';
import { diskFree } from '../../facts/disk-free.ts';
import { type EtcdSnapshotStatus, etcdSnapshotStatus } from '../../facts/etcd-snapshot-status.ts';
import { fileDigest } from '../../facts/file-digest.ts';
import { askWriterAll } from '../ask-writer.ts';
import { MANIFESTS } from '../../facts/static-pod-versions.ts';
import { ASIDE, UNFINISHED_RESTORE } from '../static-pods.ts';
import { ETCD_DATA } from './etcd-hosts.ts';

/** Milliseconds, for what reads or writes a whole database. */
const LONGEST_MS = 15 * 60_000;

/** Bytes that etcd's log takes from the start (server/storage/wal, SegmentSizeBytes), and as many again for the next. */
const LOG_BYTES = 128 * 1024 * 1024;

/** A control plane whose etcd is to have other data. */
export interface RestoringMember {
  readonly host: HostAddress;
  readonly writer: HostWriter;
  /** As its manifest says: `--name`. */
  readonly name: string;
  /** `--initial-advertise-peer-urls`. */
  readonly peerUrl: string;
  /** What paths of ours begin with: beside etcd's data, or within where that is a file system of its own. */
  readonly base: string;
  /** Where an earlier run, which did not come to its end, has put the data from before. */
  readonly keptBefore: string | undefined;
}

/** The restored data until it takes the place of the other. */
function stageOf({ base }: RestoringMember): string {
  return `${base}konvoy-restore`;
}

const DESCRIBE = `
file=${MANIFESTS}/etcd.yaml
[ -e $file ] || file=${ASIDE}/etcd.yaml
[ -e $file ] || { echo 'it has no etcd that kubeadm made' >&2; exit 1; }
command -v etcdutl >/dev/null || { echo 'etcdutl is not there' >&2; exit 1; }
if grep -q ' ${ETCD_DATA} ' /proc/mounts; then echo ${ETCD_DATA}/; else echo ${ETCD_DATA}.; fi
for flag in data-dir name initial-advertise-peer-urls; do sed -n "s/^ *- --$flag=//p" $file | head -n 1; done
cat ${UNFINISHED_RESTORE} 2>/dev/null || true
`;

/** What has to be known of a control plane before its data is touched. Throws where it is none. */
export async function describeMember(writer: HostWriter): Promise<RestoringMember> {
  const host = writer.address;
  const [output] = await writer.query([['sh', '-c', DESCRIBE]]);
  const [base = '', data, name = '', peerUrl = '', kept = ''] = (output?.stdout ?? '').split('\n');
  if (output?.exit !== 0 || name === '' || peerUrl === '') {
    throw new KonvoyError(
      `${host} cannot be restored: ${output?.stderr.trim() || 'the manifest of its etcd has no name'}`,
      {
        hint: 'every control plane of the inventory has to be a member; konvoy deploy kubernetes makes it one',
      },
    );
  }
  if (data !== ETCD_DATA) throw new KonvoyError(`${host}: etcd keeps its data in ${data}, not in ${ETCD_DATA}`);
  return { host, writer, name, peerUrl, base, keptBefore: kept === '' ? undefined : kept };
}

/** Puts a snapshot on a host and reads it there; etcd goes on meanwhile. `sha256` is what its file has to have. */
export async function bringSnapshot(
  member: RestoringMember,
  source: ByteSource,
  sha256: string,
  signal: AbortSignal,
): Promise<EtcdSnapshotStatus> {
  const { host, writer } = member;
  const path = `${stageOf(member)}/snapshot`;
  await writer.run(['rm', '-rf', '--', stageOf(member)]);
  await writer.run(['mkdir', '-p', '-m', '0700', '--', stageOf(member)]);
  await refuseFullDisk(member, source.size);
  await writer.stream(['sh', '-c', 'umask 077; cat >"$1"', 'sh', path], source, { signal });
  const asked = { digest: ask(fileDigest, host, { path }), status: ask(etcdSnapshotStatus, host, { path }) };
  const answers = await askWriterAll(writer, Object.values(asked), { timeoutMs: LONGEST_MS });
  if (answers.get(asked.digest) !== sha256)
    throw new KonvoyError(`${host}: the snapshot did not arrive as it was sent`);
  return answers.get(asked.status);
}

async function refuseFullDisk(member: RestoringMember, size: number): Promise<void> {
  const question = ask(diskFree, member.host, { path: stageOf(member) });
  const disk = (await askWriterAll(member.writer, [question])).get(question);
  const needed = 2 * size + LOG_BYTES;
  if (disk === undefined || disk.free >= needed) return;
  const [free, wanted] = [disk.free, needed].map((bytes) => Math.ceil(bytes / 1e6));
  throw new KonvoyError(
    `${member.host}: ${disk.mount} has ${free} MB free, and ${wanted} MB are needed beside etcd's data`,
  );
}

/** The newest revision in the data that is there, 0 where none can be read. etcd must not run. */
export async function lastRevision({ host, writer, keptBefore }: RestoringMember): Promise<number> {
  const folders = [ETCD_DATA, ...(keptBefore === undefined ? [] : [keptBefore])];
  const commands = folders.map((folder) => etcdSnapshotStatus.command({ path: `${folder}/member/snap/db` }));
  const outputs = await writer.query(commands, { timeoutMs: LONGEST_MS });
  const revisions = outputs.map((output) => {
    try {
      return etcdSnapshotStatus.parse(output, { path: host }).revision;
    } catch {
      // A database that is broken is a reason to be here.
      return 0;
    }
  });
  return Math.max(0, ...revisions);
}

/** What all members of a restored cluster must agree in. */
export interface NewCluster {
  readonly members: readonly Pick<RestoringMember, 'name' | 'peerUrl'>[];
  /** Tells the new cluster from the old one: a member that slept through this is not let in. */
  readonly token: string;
  /** How much later the first change after this is than the last one in the snapshot. */
  readonly bumpRevision: number;
}

/** Makes the data of one member out of its copy of the snapshot, beside the data that is there. */
export async function unpackSnapshot(member: RestoringMember, cluster: NewCluster): Promise<void> {
  const stage = stageOf(member);
  await member.writer.run(
    [
      'etcdutl',
      'snapshot',
      'restore',
      `${stage}/snapshot`,
      `--name=${member.name}`,
      `--initial-cluster=${cluster.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',')}`,
      `--initial-cluster-token=${cluster.token}`,
      `--initial-advertise-peer-urls=${member.peerUrl}`,
      `--data-dir=${stage}/data`,
      `--bump-revision=${cluster.bumpRevision}`,
      '--mark-compacted',
    ],
    { timeoutMs: LONGEST_MS },
  );
}

/** Where the data from before goes is written down first: what a killed run has restored is never taken for it. */
const SWAP = `set -e
record=${UNFINISHED_RESTORE}
if [ -s $record ]; then kept=$(cat $record)
else kept=$2; printf '%s\\n' "$kept" >$record.new; mv -f $record.new $record; fi
if [ -e "$kept/member" ]; then rm -rf ${ETCD_DATA}/member
elif [ -e ${ETCD_DATA}/member ]; then mkdir -p -m 0700 "$kept"; mv -T ${ETCD_DATA}/member "$kept/member"; fi
mkdir -p -m 0700 ${ETCD_DATA}
mv -T "$1/data/member" ${ETCD_DATA}/member
sync
echo "$kept"
`;

/** Puts the restored data in place and returns where that from before is kept. `stamp` is part of that folder's name. */
export async function swapData(member: RestoringMember, stamp: string): Promise<string> {
  const kept = `${member.base}before-restore-${stamp}`;
  const { stdout } = await member.writer.run(['sh', '-c', SWAP, 'sh', stageOf(member), kept]);
  return stdout.trim();
}

/** Takes away what a restore needed on its way. The data from before stays. */
export async function endRestore(member: RestoringMember): Promise<void> {
  await member.writer.run(['rm', '-rf', '--', stageOf(member), UNFINISHED_RESTORE]);
  await member.writer.run(['rmdir', '--ignore-fail-on-non-empty', '--', ASIDE], { expect: 'any' });
}
