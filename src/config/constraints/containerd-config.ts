import { CRI_PLUGIN } from '../../components/node-runtime/containerd-config.ts';
import { isTable, readToml, tomlAt } from '../../components/node-runtime/toml-table.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

const CONFIG_DATA: ConfigPath = ['spec', 'containerRuntime', 'containerd', 'configData'];

/** Files of this version are merged: it is the one that containerd 1.x and 2.x read. */
const VERSION = 2n;

/** Whether the user's text and konvoy's can be one configuration of containerd. */
export function containerdConfig(config: ConfigView): readonly Diagnostic[] {
  const own = config.cluster.spec.containerRuntime?.containerd?.configData;
  const read = own === undefined ? undefined : readToml(own.data.reveal());
  if (own === undefined || read?.ok !== true) return [];
  const hasRegistries = config.cluster.spec.imageRegistries.length > 0;
  const said = (severity: 'error' | 'warning', message: string, hint: string): Diagnostic => ({
    code: 'containerd-config',
    severity,
    message,
    hint,
    at: config.inCluster([...CONFIG_DATA, own.replace ? 'replace' : 'data'], 'key'),
  });
  if (own.replace) {
    const left = 'the pause image, the cgroup driver and the folders of CNI plugins must stand in it, too';
    const warning = said('warning', 'the text is containerd’s whole configuration, and konvoy writes none', left);
    if (!hasRegistries) return [warning];
    const hint = 'write the registries into the text, or leave replace out';
    return [warning, said('error', 'spec.imageRegistries would not be used: the text replaces konvoy’s', hint)];
  }
  const found: Diagnostic[] = [];
  const version = read.table.version ?? VERSION;
  if (version !== VERSION) {
    const hint = 'write version = 2 and the long names of plugins, such as [plugins."io.containerd.grpc.v1.cri"]';
    found.push(
      said('error', 'the text is not of version 2 of containerd’s configuration, and is merged with one', hint),
    );
  }
  const plugins = read.table.plugins;
  const short = Object.keys(isTable(plugins) ? plugins : {}).filter((name) => !name.includes('.'));
  if (short.length > 0) {
    const message = `the text has plugins by names of version 1, which containerd ignores: ${short.join(', ')}`;
    found.push(said('error', message, `write [plugins."${CRI_PLUGIN}"] for [plugins.cri]`));
  }
  if (hasRegistries && tomlAt(read.table, 'plugins', CRI_PLUGIN, 'registry', 'mirrors') !== undefined) {
    const hint = 'a mirror is a registry with default: true, or a hosts.toml on the hosts';
    found.push(said('error', 'containerd refuses registry.mirrors beside spec.imageRegistries', hint));
  }
  return found;
}
