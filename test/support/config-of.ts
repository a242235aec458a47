import { loadConfig, type LoadedConfig } from '../../src/config/load-config.ts';
import { printConfigPath } from '../../src/core/address.ts';

/** Loads both texts as cluster.yaml and inventory.yaml of /work-folder. */
export function configOf(
  cluster: string,
  inventory?: string,
  environment: Readonly<Record<string, string>> = {},
): LoadedConfig {
  return loadConfig({
    cluster: { file: 'cluster.yaml', text: cluster },
    inventory: inventory === undefined ? undefined : { file: 'inventory.yaml', text: inventory },
    workingFolder: '/folder',
    homeFolder: '/home/user',
    environment,
  });
}

/** `severity code file:line:column path` of each diagnostic. */
export function briefly(config: LoadedConfig): string[] {
  return config.diagnostics.map(({ severity, code, at }) => {
    if (at === undefined) return `${severity} ${code}`;
    const { file, line, column } = 'line' in at ? at : config.locate(at);
    const path = 'path' in at ? ` ${printConfigPath(at.path)}` : '';
    return `${severity} ${code} ${file}:${line}:${column}${path}`;
  });
}

export const HEAD = 'kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\n';

/** A cluster.yaml with a spec, which begins on line 4. */
export function clusterText(spec: string): string {
  return `${HEAD}spec:\n${spec}`;
}
