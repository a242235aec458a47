import { z } from 'zod';
import { parseIpv4 } from './ipv4-range.ts';
import {
  endpoint,
  ipv4AddressOrHostName,
  judged,
  labelValue,
  localPath,
  looksLikeIpv6,
  oneLine,
  secret,
  userName,
} from './value-types.ts';

const sshPort = z
  .union([
    z.int(),
    // Old files have the port as text.
    z.string().regex(/^[1-9][0-9]{0,4}$/),
  ])
  .transform(Number)
  .refine((port) => port >= 1 && port <= 65535)
  .meta({ minimum: 1, maximum: 65535 });

/** What may be said about each host, about the hosts of a group, or about all hosts. */
const connectionVars = {
  ansible_user: userName().optional().describe('User of SSH. Left out: what ~/.ssh/config says, else the local user.'),
  ansible_port: sshPort.optional().describe('Port of SSH. Left out: what ~/.ssh/config says, else 22.'),
  ansible_ssh_private_key_file: localPath()
    .optional()
    .describe('Private key, relative to the working folder. Empty or left out: the SSH agent and the usual files.'),
  ansible_become_password: secret('Password of sudo. A secret.').optional(),
  ansible_ssh_common_args: oneLine().optional().describe('Options of ssh: -o Name=value, -J, -i, -p, -l.'),
  ansible_ssh_extra_args: oneLine()
    .optional()
    .describe('More options of ssh; they stand behind ansible_ssh_common_args.'),
};

const hostVars = z
  .strictObject({
    ansible_host: ipv4AddressOrHostName().optional().describe('What SSH connects to. Left out: the key of the host.'),
    node_pool: labelValue()
      .min(1)
      .optional()
      .describe('Pool of the node. Left out: control-plane or worker, by group.'),
    ...connectionVars,
    controlplane: z.unknown().optional().describe('Written by old versions. Ignored.'),
    bastion: z.unknown().optional().describe('Written by old versions. Ignored.'),
  })
  .nullish();

const nodeKey = judged((value) => {
  if (parseIpv4(value) !== undefined) return undefined;
  if (looksLikeIpv6(value)) {
    return { code: 'ipv6-not-supported', message: 'is an IPv6 address: IPv6 and dual-stack are not supported yet' };
  }
  return {
    message: 'must be the private IPv4 address of the host, without leading zeros',
    hint: 'the key is what the node is in the cluster; what SSH connects to goes into ansible_host',
  };
});

const groupVars = z.strictObject(connectionVars).prefault({});

/** A group of machines that become nodes. */
const nodeGroup = (what: string) =>
  z
    .strictObject({
      hosts: z
        .record(nodeKey, hostVars)
        .prefault({})
        .describe('Hosts, by private IPv4 address. A host may have no settings.'),
      vars: groupVars.describe('Settings of the hosts of this group.'),
    })
    .prefault({})
    .describe(what);

export const inventorySchema = z.strictObject({
  'control-plane': nodeGroup('Hosts of the control plane.'),
  node: nodeGroup('Hosts of the workers.'),
  bastion: z
    .strictObject({
      hosts: z.record(ipv4AddressOrHostName(), hostVars).prefault({}).describe('Bastions, by address or name.'),
      vars: groupVars.describe('Settings of the bastions.'),
    })
    .prefault({})
    .describe('Machines that SSH goes through. They are never changed.'),
  all: z
    .strictObject({
      vars: z
        .strictObject({
          ...connectionVars,
          control_plane_endpoint: endpoint()
            .optional()
            .describe('Address of the Kubernetes API, host:port. Without a port: 6443.'),
          order: z.literal('sorted').optional().describe('Always sorted. Ignored.'),
          version: z.literal(['v1beta1', 'v1beta2']).optional().describe('Version of the inventory.'),
        })
        .prefault({})
        .describe('Settings of all hosts.'),
    })
    .prefault({})
    .describe('All hosts.'),
});

export type InventoryDocument = z.infer<typeof inventorySchema>;
export type HostVars = NonNullable<InventoryDocument['node']['hosts'][string]>;
