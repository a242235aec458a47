import { isJsonObject, type JsonObject, type JsonValue, jsonAt, listAt, objectAt, textAt } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { type FieldDifference, fieldDifferences, leavesOf } from '../component-configuration.ts';
import { parseJsonObject } from '../../facts/kubectl-json.ts';

/** Flags of a program, without their dashes. One that is given more than once has its values with a space between. */
export type Flags = Readonly<Record<string, string>>;

/** What cluster.yaml says of programs to which kubeadm gives it but once. A worker has nothing but the kubelet's. */
export interface MemberSettings {
  /** Names and addresses in the certificate of the API server, beside kubeadm's own. */
  readonly names: readonly string[];
  readonly apiServer: Flags;
  readonly etcd: Flags;
  /** Fields of KubeletConfiguration. */
  readonly kubelet: JsonObject;
}

/** What is there of them on a host. Undefined: its file is missing, or says nothing that can be read. */
export interface SeenSettings {
  /** All names in the certificate of the API server. */
  readonly names: readonly string[] | undefined;
  /** All flags. */
  readonly apiServer: Flags | undefined;
  readonly etcd: Flags | undefined;
  /** The whole of KubeletConfiguration. */
  readonly kubelet: JsonObject | undefined;
}

/** Flags of the API server that konvoy has fields for. Others in kubeadm's configuration are the user's. */
export const API_SERVER_FLAGS = ['enable-admission-plugins', 'disable-admission-plugins'];

/** kubeadm sets these whatever it is given (cmd/kubeadm/app/componentconfigs/kubelet.go, Default). */
const KUBEADMS_OWN = ['apiVersion', 'kind', 'rotateCertificates'];

/** kubeadm's `extraArgs`: a list of names and values. */
export function flagsIn(list: readonly JsonValue[]): Flags {
  const flags: Record<string, string> = {};
  for (const entry of list) {
    const [name, value] = [textAt(entry, 'name'), textAt(entry, 'value')];
    if (name !== undefined && value !== undefined) flags[name] = flags[name] ? `${flags[name]} ${value}` : value;
  }
  return flags;
}

function pick(flags: Flags, names: readonly string[]): Flags {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name)));
}

/** What ClusterConfiguration says of konvoy's fields. */
export function settingsOfCluster(configuration: JsonValue | undefined): Omit<MemberSettings, 'kubelet'> {
  return {
    names: listAt(configuration, 'apiServer', 'certSANs').filter((name) => typeof name === 'string'),
    apiServer: pick(flagsIn(listAt(configuration, 'apiServer', 'extraArgs')), API_SERVER_FLAGS),
    etcd: flagsIn(listAt(configuration, 'etcd', 'local', 'extraArgs')),
  };
}

/** What is wanted of a member. */
export function wantedSettings({ init, kubelet }: ClusterMemberResource): MemberSettings {
  const cluster = init.find(({ kind }) => kind === 'ClusterConfiguration');
  const fields = Object.entries(kubelet).filter(([name]) => !KUBEADMS_OWN.includes(name));
  return { ...settingsOfCluster(cluster), kubelet: Object.fromEntries(fields) };
}

function stringsIn(value: JsonObject): Flags {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  );
}

/** Reads what konvoy noted of the settings that it gave a host; undefined where it noted none. */
export function parseSettings(text: string): MemberSettings | undefined {
  const value = parseJsonObject(text);
  if (value === undefined) return undefined;
  return {
    names: listAt(value, 'names').filter((name) => typeof name === 'string'),
    apiServer: stringsIn(objectAt(value, 'apiServer')),
    etcd: stringsIn(objectAt(value, 'etcd')),
    kubelet: objectAt(value, 'kubelet'),
  };
}

/** A value that Go leaves out when it prints a field. */
function isZero(value: JsonValue | undefined): boolean {
  const text = JSON.stringify(value);
  return ['false', '0', '""', '[]', 'null'].includes(text);
}

/** What of konvoy's fields a configuration of the kubelet has otherwise, and which of them shall go. */
export function kubeletDifferences(
  wanted: JsonObject,
  recorded: JsonObject,
  seen: JsonObject,
): readonly FieldDifference[] {
  const differ = fieldDifferences(seen, wanted).filter(
    // kubeadm got it and left it out: to the kubelet that is the same.
    ({ path, before, after }) => before !== undefined || !isZero(after) || !isZero(jsonAt(recorded, ...path)),
  );
  const gone = leavesOf(recorded).flatMap(([path, value]): FieldDifference[] => {
    const before = jsonAt(seen, ...path);
    const isLeft = jsonAt(wanted, ...path) === undefined && before !== undefined && !isJsonObject(before);
    return isLeft && !isZero(value) ? [{ path, before, after: undefined }] : [];
  });
  return [...differ, ...gone];
}

function change(field: string, before: string | undefined, after: string | undefined): FieldChange {
  return { field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function print(value: JsonValue | undefined): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

/** Differences of a program's flags. `recorded`: those that konvoy gave it, and takes away where they are not wanted. */
export function flagChanges(program: string, wanted: Flags, recorded: Flags, seen: Flags = {}): readonly FieldChange[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(recorded).filter((name) => name in seen)])];
  return names
    .filter((name) => wanted[name] !== seen[name])
    .map((name) => change(`${program} --${name}`, seen[name], wanted[name]));
}

/** Differences of the names in a certificate, as one. */
export function nameChanges(
  field: string,
  wanted: readonly string[],
  recorded: readonly string[],
  seen: readonly string[] = [],
): readonly FieldChange[] {
  const gone = recorded.filter((name) => !wanted.includes(name) && seen.includes(name));
  const added = wanted.filter((name) => !seen.includes(name));
  if (gone.length + added.length === 0) return [];
  const after = [...seen.filter((name) => !gone.includes(name)), ...added];
  return [change(field, seen.length === 0 ? undefined : seen.join(', '), after.join(', '))];
}

/** Differences of the kubelet's configuration. */
export function kubeletChanges(name: string, differences: readonly FieldDifference[]): readonly FieldChange[] {
  return differences.map(({ path, before, after }) => change(`${name} ${path.join('.')}`, print(before), print(after)));
}

/** What differs on a host, by what has to be done about it. */
export interface SettingsDifference {
  readonly certificate: readonly FieldChange[];
  readonly apiServer: readonly FieldChange[];
  readonly etcd: readonly FieldChange[];
  readonly kubelet: readonly FieldDifference[];
}

/** Compares a member with what is wanted of it. */
export function compareSettings(
  wanted: MemberSettings,
  recorded: MemberSettings,
  seen: SeenSettings,
  role: ClusterMemberResource['role'],
): SettingsDifference {
  const kubelet = kubeletDifferences(wanted.kubelet, recorded.kubelet, seen.kubelet ?? {});
  if (role === 'worker') return { certificate: [], apiServer: [], etcd: [], kubelet };
  const certificate = 'names in the certificate of the API server';
  return {
    certificate: nameChanges(certificate, wanted.names, recorded.names, seen.names),
    apiServer: flagChanges('kube-apiserver', wanted.apiServer, recorded.apiServer, seen.apiServer),
    etcd: flagChanges('etcd', wanted.etcd, recorded.etcd, seen.etcd),
    kubelet,
  };
}
