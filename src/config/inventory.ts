import type { HostAddress } from '../core/address.ts';
import type { Role } from '../core/topology.ts';
import type { SshHop, SshSettings } from '../core/ssh-settings.ts';
import type { HostVars, InventoryDocument } from './inventory-schema.ts';
import { resolvePath } from './posix-path.ts';
import { parseSshArguments } from './ssh-arguments.ts';

/** One machine of the inventory that becomes a node. */
export interface InventoryHost {
  readonly address: HostAddress;
  readonly role: Role;
  readonly nodePool: string;
  readonly ssh: SshSettings;
}

/** What the inventory says, with the settings of groups applied to their hosts. */
export interface Inventory {
  /** Control-plane hosts first, each group in the order of the file. */
  readonly hosts: readonly InventoryHost[];
  readonly bastions: readonly SshHop[];
  /** `control_plane_endpoint`, as it is written. */
  readonly endpoint: string | undefined;
}

type ConnectionVars = Pick<
  HostVars,
  | 'ansible_user'
  | 'ansible_port'
  | 'ansible_ssh_private_key_file'
  | 'ansible_become_password'
  | 'ansible_ssh_common_args'
  | 'ansible_ssh_extra_args'
>;

/** Folders that paths in the inventory are relative to. */
export interface Folders {
  readonly workingFolder: string;
  readonly homeFolder?: string | undefined;
}

/** Works out each host's settings: its own win over its group's, those over the ones of all hosts. */
export function readInventory(document: InventoryDocument, folders: Folders): Inventory {
  const all = document.all.vars;
  const bastions = Object.entries(document.bastion.hosts).map(([key, vars]) =>
    hop(key, vars?.ansible_host, { ...all, ...document.bastion.vars, ...vars }, folders),
  );
  const group = (name: 'control-plane' | 'node', role: Role, pool: string): InventoryHost[] =>
    Object.entries(document[name].hosts).map(([address, vars]) => ({
      address,
      role,
      nodePool: vars?.node_pool ?? pool,
      ssh: sshSettings(address, vars?.ansible_host, { ...all, ...document[name].vars, ...vars }, bastions, folders),
    }));
  return {
    hosts: [...group('control-plane', 'control-plane', 'control-plane'), ...group('node', 'worker', 'worker')],
    bastions,
    endpoint: all.control_plane_endpoint,
  };
}

function hop(key: string, connectTo: string | undefined, vars: ConnectionVars, folders: Folders): SshHop {
  const { ansible_port: port, ansible_user: user, ansible_ssh_private_key_file: keyFile } = vars;
  return {
    connectTo: connectTo ?? key,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(keyFile === undefined || keyFile === ''
      ? {}
      : { privateKeyFile: resolvePath(folders.workingFolder, keyFile, folders.homeFolder) }),
  };
}

function sshSettings(
  host: HostAddress,
  connectTo: string | undefined,
  vars: ConnectionVars,
  bastions: readonly SshHop[],
  folders: Folders,
): SshSettings {
  const text = [vars.ansible_ssh_common_args, vars.ansible_ssh_extra_args]
    .filter((part) => part !== undefined)
    .join(' ');
  const password = vars.ansible_become_password;
  return {
    host,
    ...hop(host, connectTo, vars, folders),
    ...(password === undefined || password.reveal() === '' ? {} : { becomePassword: password }),
    bastions,
    options: text === '' ? {} : parseSshArguments(text).options,
  };
}
