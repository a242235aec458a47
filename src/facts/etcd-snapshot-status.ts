import { type Fact, FactUnreadable } from '../core/fact.ts';

/** What stands in a snapshot of etcd. */
export interface EtcdSnapshotStatus {
  /** Of the database's content, by etcd's own sum (CRC-32). */
  readonly hash: number;
  /** Of the newest change in it. */
  readonly revision: number;
  readonly keys: number;
  /** Bytes in use. */
  readonly bytes: number;
}

function numberAt(value: object, name: string): number {
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  if (typeof found !== 'number') throw new FactUnreadable(`etcdutl printed no ${name}`);
  return found;
}

/** Reads a snapshot, or the database of an etcd that does not run: that of a running one is locked. */
export const etcdSnapshotStatus: Fact<{ readonly path: string }, EtcdSnapshotStatus> = {
  name: 'etcd snapshot',
  command: ({ path }) => ['etcdutl', '--write-out=json', 'snapshot', 'status', path],
  parse({ exit, stdout, stderr }) {
    const line = stdout.split('\n').find((text) => text.startsWith('{'));
    if (exit !== 0 || line === undefined) {
      throw new FactUnreadable(stderr.trim().split('\n').at(-1) || `etcdutl ended with exit code ${exit}`);
    }
    const status: unknown = JSON.parse(line);
    if (typeof status !== 'object' || status === null) throw new FactUnreadable('etcdutl printed no object');
    return {
      hash: numberAt(status, 'hash'),
      revision: numberAt(status, 'revision'),
      keys: numberAt(status, 'totalKey'),
      bytes: numberAt(status, 'totalSize'),
    };
  },
};
