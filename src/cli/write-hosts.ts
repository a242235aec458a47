import { Document, isMap, parseDocument, YAMLMap } from 'yaml';
import type { FoundHost } from '../components/aws-nlb/find-instances.ts';

/** How SSH logs in, as cluster.yaml says. */
export interface Login {
  readonly user: string | undefined;
  readonly keyFile: string | undefined;
}

const GROUPS = { 'control-plane': 'control-plane', worker: 'node', bastion: 'bastion' } as const;

/**
 * The text of an inventory with these hosts in it, each with its instance's id behind it. Whatever else stands in `text` stays,
 * with its comments. Through a bastion hosts are reached by their private addresses, else by the public ones that they have.
 */
export function withHosts(
  text: string | undefined,
  hosts: readonly FoundHost[],
  given: { readonly cluster: string; readonly login: Login },
): string {
  const parsed = text === undefined ? undefined : parseDocument(text);
  const isNew = parsed === undefined || !isMap(parsed.contents);
  const document = isNew ? new Document({}) : parsed;
  if (isNew) document.commentBefore = parsed?.comment ?? parsed?.commentBefore ?? headline(given.cluster);
  const hasBastion = hosts.some(({ role }) => role === 'bastion') || hasHosts(document, 'bastion');
  for (const [role, group] of Object.entries(GROUPS)) {
    const ofRole = hosts.filter((host) => host.role === role);
    if (ofRole.length === 0 && (group === 'bastion' || !isNew)) continue;
    const map = new YAMLMap();
    for (const { address, nodePool, instanceId, publicAddress } of ofRole) {
      const direct = role === 'bastion' || !hasBastion;
      const vars = document.createNode({
        ...(direct && publicAddress !== undefined ? { ansible_host: publicAddress } : {}),
        ...(nodePool === undefined ? {} : { node_pool: nodePool }),
      });
      vars.flow = true;
      vars.comment = ` ${instanceId}`;
      map.set(document.createNode(address), vars);
    }
    const before = document.get(group);
    if (isMap(before)) {
      before.flow = false;
      before.set('hosts', map);
    } else document.set(group, document.createNode({ hosts: map }));
  }
  if (isNew) document.set('all', document.createNode({ vars: varsOf(given.login) }));
  return document.toString({ lineWidth: 0 });
}

function headline(cluster: string): string {
  return (
    ` Written by konvoy provision: the instances with the tag kubernetes.io/cluster/${cluster}, by private address.\n` +
    ' From now on it is yours: instances that come later are added by hand.'
  );
}

function hasHosts(document: Document, group: string): boolean {
  const hosts = document.getIn([group, 'hosts']);
  return isMap(hosts) && hosts.items.length > 0;
}

function varsOf({ user, keyFile }: Login) {
  return {
    version: 'v1beta1',
    order: 'sorted',
    ...(user === undefined ? {} : { ansible_user: user }),
    ansible_port: 22,
    ...(keyFile === undefined ? {} : { ansible_ssh_private_key_file: keyFile }),
  };
}
