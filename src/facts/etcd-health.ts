import { type Fact, FactUnreadable } from '../core/fact.ts';
import { etcdctl } from './etcdctl.ts';

/** One member of etcd, as the others list it. */
export interface EtcdMember {
  /** `https://10.0.50.11:2379`. */
  readonly endpoint: string;
  readonly healthy: boolean;
  /** Why not; empty where it is. */
  readonly error: string;
}

function memberOf(value: unknown): EtcdMember {
  if (typeof value !== 'object' || value === null || !('endpoint' in value) || typeof value.endpoint !== 'string') {
    throw new FactUnreadable('etcdctl listed a member without an endpoint');
  }
  const error = 'error' in value && typeof value.error === 'string' ? value.error : '';
  return { endpoint: value.endpoint, healthy: 'health' in value && value.health === true, error };
}

/**
 * Whether each member of etcd answers and agrees to a proposal, asked through the member of one control-plane host. etcdctl
 * ends with 1 where one of them does not, and says which all the same.
 */
export const etcdHealth: Fact<undefined, readonly EtcdMember[]> = {
  name: 'etcd',
  command: () => etcdctl('--command-timeout=3s', '--write-out=json', 'endpoint', 'health', '--cluster'),
  parse({ exit, stdout, stderr }) {
    const line = stdout.split('\n').find((text) => text.startsWith('['));
    if (line === undefined) throw new FactUnreadable(stderr.trim() || `etcdctl ended with exit code ${exit}`);
    const listed: unknown = JSON.parse(line);
    if (!Array.isArray(listed)) throw new FactUnreadable('etcdctl printed no list');
    return listed.map(memberOf);
  },
};
