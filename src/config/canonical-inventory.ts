import { type ConfigPath, printConfigPath } from '../core/address.ts';
import { type CanonicalForm, FormerForms } from './former-forms.ts';
import { type Placer, valueAt } from './judge-shape.ts';
import { isRecord } from './yaml-values.ts';

/** Names that Ansible knows for a variable of ours. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ansible_become_pass: 'ansible_become_password',
  ansible_sudo_pass: 'ansible_become_password',
  ansible_private_key_file: 'ansible_ssh_private_key_file',
  ansible_ssh_user: 'ansible_user',
  ansible_ssh_port: 'ansible_port',
  ansible_ssh_host: 'ansible_host',
};

/** Variables of Ansible that mean nothing here. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  ansible_become: 'ignored: konvoy always becomes root with sudo',
  ansible_become_method: 'ignored: konvoy always uses sudo',
  ansible_become_user: 'ignored: konvoy always becomes root',
  ansible_connection: 'ignored: konvoy always uses SSH',
  ansible_password: 'ignored: konvoy logs in with keys or the SSH agent',
  ansible_python_interpreter: 'ignored: konvoy needs no Python on the hosts',
  ansible_shell_executable: 'ignored: konvoy uses sh',
  ansible_shell_type: 'ignored: konvoy uses sh',
  ansible_ssh_pass: 'ignored: konvoy logs in with keys or the SSH agent',
  ansible_ssh_pipelining: 'ignored: konvoy keeps one connection per host',
  ansible_ssh_transfer_method: 'ignored: konvoy sends files over its connection',
};

/** Brings an inventory of any Konvoy version into the canonical form. */
export function canonicalInventory(raw: unknown, place: Placer, where: (path: ConfigPath) => string): CanonicalForm {
  const root = structuredClone(raw);
  const forms = new FormerForms(root, place, where);
  for (const [group, value] of isRecord(root) ? Object.entries(root) : []) {
    if (!isRecord(value)) continue;
    readVars(root, [group, 'vars'], forms);
    if (!isRecord(value.hosts)) continue;
    for (const host of Object.keys(value.hosts)) readVars(root, [group, 'hosts', host], forms);
  }
  readOldBastions(root, forms);
  forms.dropEmpty((path) => path.length === 3 && path[1] === 'hosts');
  return { value: root, diagnostics: forms.diagnostics, origin: (path) => forms.origin(path) };
}

function readVars(root: unknown, path: ConfigPath, forms: FormerForms): void {
  const vars = valueAt(root, path);
  if (!isRecord(vars)) return;
  for (const key of Object.keys(vars)) {
    const becomes = Object.hasOwn(WITHOUT_EFFECT, key) ? WITHOUT_EFFECT[key] : undefined;
    const name = Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key] : undefined;
    if (becomes !== undefined) {
      forms.drop([...path, key], becomes);
    } else if (name !== undefined) {
      const value = vars[key];
      delete vars[key];
      if (vars[name] === undefined) forms.put([...path, name], value, [...path, key]);
      else {
        const message = `${printConfigPath([...path, key])} and ${name} are the same thing`;
        forms.tell('spellings-differ', 'error', [...path, key], message, `keep ${name}`);
      }
    }
  }
}

/** Before Konvoy 1.1 bastions stood in the variables of all hosts. */
function readOldBastions(root: unknown, forms: FormerForms): void {
  const vars = valueAt(root, ['all', 'vars']);
  if (!isRecord(vars)) return;
  const hosts = vars.bastion_hosts;
  const named = Array.isArray(hosts)
    ? hosts
    : typeof hosts === 'string'
      ? hosts.split(',').map((host) => host.trim())
      : [];
  const group = valueAt(root, ['bastion', 'hosts']);
  const replaced = isRecord(group) && Object.keys(group).length > 0;
  const becomes = replaced ? 'ignored: the group bastion says it' : 'read as the group bastion';
  const renamed = { bastion_user: 'ansible_user', bastion_port: 'ansible_port' };
  for (const [from, to] of Object.entries(renamed)) {
    const value = vars[from];
    forms.drop(['all', 'vars', from], becomes);
    if (value !== undefined && !replaced) forms.put(['bastion', 'vars', to], value, ['all', 'vars', from]);
  }
  forms.drop(['all', 'vars', 'bastion_hosts'], becomes);
  if (hosts === undefined || replaced) return;
  for (const host of named) {
    if (typeof host === 'string' && host !== '')
      forms.put(['bastion', 'hosts', host], null, ['all', 'vars', 'bastion_hosts']);
  }
}
