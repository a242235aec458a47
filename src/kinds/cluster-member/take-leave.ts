import type { ApiHost } from '../kubectl.ts';
import { drainNode } from './drain-node.ts';
import { removeEtcdMember } from './etcd-member.ts';

/** `node` and what the condition Ready says; nothing where there is no node. */
const READY = 'node {.status.conditions[?(@.type=="Ready")].status}';

/**
 * Lets a node leave a cluster that goes on: no new pods, those that are there move on, then it is no member of etcd and no
 * node any more. A node that does not report is not waited for: its pods run nowhere, or will be told to end.
 */
export async function takeLeave(living: ApiHost, name: string, step: (text: string) => void): Promise<void> {
  const { writer, kubectl } = living;
  const asked = ['get', 'node', name, '--ignore-not-found', `--output=jsonpath=${READY}`];
  const [node] = await writer.query([kubectl(...asked)]);
  if (node !== undefined && node.exit === 0 && node.stdout !== '') {
    if (node.stdout === 'node Unknown') await writer.run(kubectl('cordon', name));
    else {
      step(`drain ${name}`);
      await drainNode(living, name, { unmanaged: 'delete' });
    }
  }
  step(`${name} leaves the cluster`);
  await removeEtcdMember(living, name);
  await writer.run(kubectl('delete', 'node', name, '--ignore-not-found'));
}
