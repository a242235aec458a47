import { type JsonObject, type JsonValue, listAt, objectAt, textAt } from '../../core/json.ts';
import type { FieldChange } from '../../core/plan.ts';
import type { ClusterState } from '../../facts/cluster-state.ts';
import { type FieldDifference, readConfiguration } from '../component-configuration.ts';
import {
  API_SERVER_FLAGS,
  type Flags,
  flagChanges,
  kubeletChanges,
  kubeletDifferences,
  type MemberSettings,
  nameChanges,
  settingsOfCluster,
} from './member-settings.ts';

/** What kubeadm keeps of the settings in the cluster: members that join, and upgrades, take them from there. */
export interface ClusterSettings {
  /** ClusterConfiguration of the ConfigMap kubeadm-config; undefined where it cannot be read. */
  readonly configuration: JsonObject | undefined;
  /** KubeletConfiguration of the ConfigMap kubelet-config. */
  readonly kubelet: JsonObject | undefined;
}

/** The settings in a cluster. */
export function readClusterSettings({ configuration, kubeletConfig }: ClusterState): ClusterSettings {
  return {
    configuration: readConfiguration(configuration),
    kubelet: kubeletConfig === undefined ? undefined : readConfiguration(kubeletConfig),
  };
}

/** Where konvoy noted nothing on a host: what an earlier konvoy founded the cluster with. */
export function settingsBefore({ configuration }: ClusterSettings): MemberSettings {
  return { ...settingsOfCluster(configuration), kubelet: {} };
}

/** What differs of them from what is wanted. */
export function compareClusterSettings(
  wanted: MemberSettings,
  recorded: MemberSettings,
  { configuration, kubelet }: ClusterSettings,
): { readonly cluster: readonly FieldChange[]; readonly kubelet: readonly FieldDifference[] } {
  const seen = settingsOfCluster(configuration);
  const cluster =
    configuration === undefined
      ? []
      : [
          ...nameChanges('kubeadm-config certSANs', wanted.names, recorded.names, seen.names),
          ...flagChanges('kubeadm-config kube-apiserver', wanted.apiServer, recorded.apiServer, seen.apiServer),
          ...flagChanges('kubeadm-config etcd', wanted.etcd, recorded.etcd, seen.etcd),
        ];
  return {
    cluster,
    kubelet: kubelet === undefined ? [] : kubeletDifferences(wanted.kubelet, recorded.kubelet, kubelet),
  };
}

/** The same as it is printed in a plan. */
export function clusterChanges(...given: Parameters<typeof compareClusterSettings>): readonly FieldChange[] {
  const { cluster, kubelet } = compareClusterSettings(...given);
  return [...cluster, ...kubeletChanges('kubelet-config', kubelet)];
}

function listOf(flags: Flags): JsonValue[] {
  return Object.entries(flags).map(([name, value]) => ({ name, value }));
}

/** ClusterConfiguration with konvoy's fields as they are wanted; what else the user has put there stays. */
export function withSettings(configuration: JsonObject, wanted: JsonObject): JsonObject {
  const others = listAt(configuration, 'apiServer', 'extraArgs').filter(
    (entry) => !API_SERVER_FLAGS.includes(textAt(entry, 'name') ?? ''),
  );
  const flags = listOf(settingsOfCluster(wanted).apiServer);
  const apiServer: JsonObject = {
    ...objectAt(configuration, 'apiServer'),
    certSANs: listAt(wanted, 'apiServer', 'certSANs'),
    extraArgs: [...flags, ...others],
  };
  const local = {
    ...objectAt(configuration, 'etcd', 'local'),
    extraArgs: listAt(wanted, 'etcd', 'local', 'extraArgs'),
  };
  return { ...configuration, apiServer, etcd: { ...objectAt(configuration, 'etcd'), local } };
}
