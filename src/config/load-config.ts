import type { Sections } from '../components/index.ts';
import type { ConfigPath } from '../core/address.ts';
import { type Diagnostic, type DocumentPlace, hasErrors, type TextPosition } from '../core/diagnostic.ts';
import type { JsonObject } from '../core/json.ts';
import type { SshSettings } from '../core/ssh-settings.ts';
import type { Topology } from '../core/topology.ts';
import type { Cluster } from './cluster.ts';
import type { ConfigView } from './constraint.ts';
import { CONSTRAINTS } from './constraint-table.ts';
import type { Environment } from './environment-values.ts';
import type { Folders, Inventory } from './inventory.ts';
import { loadCluster } from './load-cluster.ts';
import { loadExtras } from './load-extras.ts';
import { loadInventory } from './load-inventory.ts';
import { sortDiagnostics } from './sort-diagnostics.ts';
import { makeSections, makeTopology } from './topology.ts';
import { readYaml } from './yaml-source.ts';

/** The text of a file, and the file's name as the user gave it. */
export interface FileText {
  readonly file: string;
  readonly text: string;
}

export interface ConfigInput extends Folders {
  readonly cluster: FileText;
  /** Without it the cluster is judged alone, and there are no hosts. */
  readonly inventory?: FileText | undefined;
  /** The user's own manifests, out of extras/kubernetes. */
  readonly extras?: readonly FileText[];
  /** Variables that values of cluster.yaml may name. */
  readonly environment?: Environment;
}

export interface LoadedConfig {
  /** Everything there is to say about both files, in the order of the files. */
  readonly diagnostics: readonly Diagnostic[];
  /** What can be read of each file, also where there are errors. */
  readonly cluster?: Cluster;
  readonly inventory?: Inventory;
  /** Only where there is no error. */
  readonly topology?: Topology;
  readonly sections?: Sections;
  /** How each host is reached; empty where there are errors. */
  readonly ssh: readonly SshSettings[];
  /** Where a place of a diagnostic stands. */
  locate(place: DocumentPlace): TextPosition;
  /** The place of a path such as a resource's `because`. */
  placeInCluster(path: ConfigPath): DocumentPlace;
}

/** Reads and judges both files. Pure; never throws because of what is in them. */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const clusterSource = readYaml(input.cluster.file, input.cluster.text);
  const inventorySource =
    input.inventory === undefined ? undefined : readYaml(input.inventory.file, input.inventory.text);
  const extras = loadExtras(input.extras ?? []);
  const others = [...(inventorySource === undefined ? [] : [inventorySource]), ...extras.sources];
  const locate = (place: DocumentPlace): TextPosition =>
    (others.find(({ file }) => file === place.file) ?? clusterSource).locate(place);
  const fromCluster = loadCluster(clusterSource, input.environment);
  const fromInventory = inventorySource === undefined ? undefined : loadInventory(inventorySource, input);
  const found = [...fromCluster.diagnostics, ...(fromInventory?.diagnostics ?? []), ...extras.diagnostics];
  const { cluster } = fromCluster;
  const inventory = fromInventory?.inventory;
  if (cluster !== undefined) {
    const view: ConfigView = {
      cluster,
      inventory,
      inCluster: fromCluster.place,
      inProvisioner: fromCluster.placeInProvisioner,
      inInventory: (path, target = 'value') => fromInventory?.place(path, target) ?? fromCluster.place(path, target),
      isWritten: fromCluster.isWritten,
      isSound: fromCluster.isSound,
      locate,
      where: (place) => {
        const { file, line, column } = locate(place);
        return `${file}:${line}:${column}`;
      },
    };
    for (const constraint of CONSTRAINTS) found.push(...constraint(view));
  }
  const files = [input.cluster.file, input.inventory?.file ?? '', ...extras.sources.map(({ file }) => file)];
  const diagnostics = sortDiagnostics(found, files, locate);
  const sound =
    cluster !== undefined && (inventorySource === undefined || inventory !== undefined) && !hasErrors(diagnostics);
  return {
    diagnostics,
    ...(cluster === undefined ? {} : { cluster }),
    ...(inventory === undefined ? {} : { inventory }),
    ...(sound ? derive(cluster, inventory, extras.objects) : {}),
    ssh: sound ? (inventory?.hosts ?? []).map((host) => host.ssh) : [],
    locate,
    placeInCluster: (path) => fromCluster.place(path),
  };
}

function derive(
  cluster: Cluster,
  inventory: Inventory | undefined,
  extras: readonly JsonObject[],
): { topology: Topology; sections: Sections } {
  const topology = makeTopology(cluster, inventory);
  return { topology, sections: makeSections(cluster, topology, extras) };
}
