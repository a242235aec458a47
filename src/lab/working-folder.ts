import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Document } from 'yaml';
import { UsageError } from '../core/errors.ts';
import { UNIFIED_HIERARCHY } from './control-groups.ts';
import { createKey, type HostKey } from './lab-hosts.ts';
import { LAB_ENDPOINT, LAB_POD_SUBNET, LAB_SERVICE_SUBNET, type LabHost } from './lab-plan.ts';

const KEY_FILE = 'ssh-key';
const KNOWN_HOSTS_FILE = 'known_hosts';
/** Tells a lab's working folder, whose files may be written again, from somebody's own folder. */
const MARKER_FILE = '.konvoy-lab';

/** kubelet 1.36 does not start on cgroup v1 unless told to; the hosts' systemd sees the controllers, but does not own them. */
const CGROUP_V1 = { cgroupDriver: 'cgroupfs', failCgroupV1: false };

/** Makes the folder and the key that the hosts will let in. Refuses a folder with other things in it. Returns the public key. */
export async function openWorkingFolder(folder: string, lab: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(folder, MARKER_FILE)) && (await readdir(folder)).length > 0) {
    throw new UsageError(`${folder} is not empty and not a lab's working folder`, {
      hint: 'choose another one with --dir, or move what is in it',
    });
  }
  await writeFile(join(folder, MARKER_FILE), `${lab}\n`);
  return await createKey(join(folder, KEY_FILE), `konvoy lab ${lab}`);
}

/**
 * Writes inventory.yaml and known_hosts of the lab's hosts, and a cluster.yaml with the seed page's sample values where
 * there is none yet: a user's changes to it outlive the lab.
 */
export async function fillWorkingFolder(
  folder: string,
  lab: string,
  hosts: readonly LabHost[],
  keys: readonly HostKey[],
): Promise<void> {
  const lines = keys.map((key) => `${key.address} ${key.publicKey}\n`);
  await writeFile(join(folder, KNOWN_HOSTS_FILE), lines.join(''));
  await writeFile(join(folder, 'inventory.yaml'), inventory(hosts));
  await writeFile(join(folder, 'cluster.yaml'), clusterConfiguration(lab, UNIFIED_HIERARCHY), { flag: 'wx' }).catch(
    (error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    },
  );
}

/**
 * The seed page's sample values, and what hosts need that share one kernel and are containers themselves: the product
 * knows nothing of labs.
 */
export function clusterConfiguration(lab: string, isUnified: boolean): string {
  const document = new Document({
    kind: 'ClusterConfiguration',
    apiVersion: 'konvoy.mesosphere.io/v1beta1',
    metadata: { name: lab },
    spec: {
      kubernetes: {
        controlPlane: { controlPlaneEndpointOverride: LAB_ENDPOINT, keepalived: {} },
        networking: {
          podSubnet: LAB_POD_SUBNET,
          serviceSubnet: LAB_SERVICE_SUBNET,
          iptables: { addDefaultRules: true },
          // The table of connections has one size for the whole machine; hosts cannot set it.
          kubeProxy: { extra: { conntrack: { maxPerCore: 0 } } },
        },
        // All members write to one disk, which is thrown away: waiting for it takes minutes, and saves nobody.
        etcd: { extraArgs: [{ name: 'unsafe-no-fsync', value: 'true' }] },
        kubelet: { extra: { ...(isUnified ? {} : CGROUP_V1), failSwapOn: false } },
        preflightChecks: { errorsToIgnore: ['SystemVerification', 'Swap'] },
      },
      // Many a kernel of a machine that hosts others has no links of type ipip, which are the default.
      containerNetworking: { calico: { encapsulation: 'vxlan' } },
    },
  });
  document.commentBefore = [
    ' Made by `konvoy lab up`: the sample values of the Konvoy networking page. What stands in `extra` and',
    ' `errorsToIgnore` is for the lab’s hosts, which share one kernel and its swap; real machines do without.',
  ].join('\n');
  return document.toString();
}

function inventory(hosts: readonly LabHost[]): string {
  const pool = (role: LabHost['role'], nodePool: string) =>
    Object.fromEntries(
      hosts
        .filter((host) => host.role === role)
        .map((host) => [host.address, { ansible_host: host.address, node_pool: nodePool }]),
    );
  const document = new Document({
    'control-plane': { hosts: pool('control-plane', 'control-plane') },
    node: { hosts: pool('worker', 'worker') },
    bastion: {},
    all: {
      vars: {
        version: 'v1beta1',
        order: 'sorted',
        ansible_user: 'konvoy',
        ansible_port: 22,
        ansible_ssh_private_key_file: KEY_FILE,
        ansible_ssh_common_args: `-o UserKnownHostsFile=${KNOWN_HOSTS_FILE}`,
        control_plane_endpoint: LAB_ENDPOINT,
      },
    },
  });
  document.commentBefore = ' Made by `konvoy lab up`, and made again by the next one.';
  return document.toString();
}
