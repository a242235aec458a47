import { runLocal } from '../bundle/local-command.ts';
import { DEPLOYER_ADDRESS, type LabHost } from './lab-plan.ts';
import { hostNamespace, type LabPaths } from './lab-paths.ts';

/** The bridge that all hosts of a lab are plugged into; it stands in the lab's own namespace. */
export const BRIDGE = 'lab0';

/**
 * Makes the lab's namespace: a bridge with the deployer's address and nothing that leads out of it. Packets are not
 * forwarded either, so the hosts' default route ends here. Nothing listens either: a question to the name server that
 * the hosts believe in is refused at once, however many there are.
 */
export async function createLabNetwork(lab: LabPaths): Promise<void> {
  await runLocal('ip', ['netns', 'add', lab.namespace]);
  await ipBatch(lab.namespace, [
    'link set lo up',
    `link add ${BRIDGE} address 02:4b:0a:00:32:01 type bridge forward_delay 0 mcast_snooping 0`,
    `addr add ${DEPLOYER_ADDRESS}/24 dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
  ]);
  const settings = ['net.ipv4.ip_forward=0', 'net.ipv4.icmp_ratelimit=0'];
  await runLocal('nsenter', [`--net=/run/netns/${lab.namespace}`, 'sysctl', '-qw', ...settings]);
}

/** Makes a fresh namespace for one boot of a host and a cable from it to the bridge. Returns the namespace's name. */
export async function plugIn(lab: LabPaths, host: LabHost, boot: number, cut: boolean): Promise<string> {
  const namespace = hostNamespace(lab, host.name, boot);
  await runLocal('ip', ['netns', 'add', namespace]);
  const last = Number(host.address.split('.')[3]).toString(16).padStart(2, '0');
  await ipBatch(lab.namespace, [
    `link add ${host.link} type veth peer name eth0 address 02:4b:0a:00:32:${last} netns ${namespace}`,
    `link set ${host.link} master ${BRIDGE} ${cut ? 'down' : 'up'}`,
  ]);
  await ipBatch(namespace, [
    'link set lo up',
    `addr add ${host.address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${DEPLOYER_ADDRESS}`,
  ]);
  return namespace;
}

/** Pulls the cable, so that nothing of the host answers any more, whatever is left of its namespace. */
export async function pullCable(lab: LabPaths, host: LabHost): Promise<void> {
  await runLocal('ip', ['-n', lab.namespace, 'link', 'delete', host.link]).catch(() => undefined);
}

export async function deleteNamespace(namespace: string): Promise<void> {
  await runLocal('ip', ['netns', 'delete', namespace]).catch(() => undefined);
}

/** Switches the bridge's side of a host's cable: the host itself sees its carrier go. */
export async function switchCable(lab: LabPaths, host: LabHost, state: 'up' | 'down'): Promise<void> {
  await runLocal('ip', ['-n', lab.namespace, 'link', 'set', host.link, state]);
}

/** Every namespace that carries the lab's name, the deployer's seat included. */
export async function labNamespaces(lab: LabPaths): Promise<string[]> {
  const listed = await runLocal('ip', ['netns', 'list']);
  return listed
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name === lab.namespace || name.startsWith(`${lab.namespace}.`));
}

async function ipBatch(namespace: string, commands: readonly string[]): Promise<void> {
  await runLocal('ip', ['-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}
