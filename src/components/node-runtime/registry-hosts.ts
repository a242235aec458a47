import type { TomlTable } from 'smol-toml';
import { OWNERSHIP_COMMENT } from '../../core/resource.ts';
import { REGISTRY_FOLDER } from '../../facts/registry-folders.ts';
import type { RegistryServer } from './registry-server.ts';
import type { ImageRegistry } from './section.ts';
import { printToml } from './toml-table.ts';

/** containerd's name for every registry that has no folder of its own. */
const EVERY_OTHER = '_default';

/** Where containerd reads how a registry is reached. */
export function hostsPath(prefix: string): string {
  return `${REGISTRY_FOLDER}/${prefix}/hosts.toml`;
}

/** The table of the registry that is asked first. Its path is as it is written: containerd would put `/v2` behind it. */
function firstTable({ scheme, host, path }: RegistryServer): TomlTable {
  const fields = { capabilities: ['pull', 'resolve'], ...(path === '' ? {} : { override_path: true }) };
  return { host: { [`${scheme}://${host}${path}`]: fields } };
}

function hostsText(server: RegistryServer | undefined, first: RegistryServer | undefined): string {
  const table: TomlTable = {
    ...(server === undefined ? {} : { server: `${server.scheme}://${server.host}` }),
    ...(first === undefined ? {} : firstTable(first)),
  };
  return `${OWNERSHIP_COMMENT}${printToml(table)}`;
}

/**
 * containerd's file for each registry, by what stands before the names of its images. The default registry is tried before
 * each other one; where it has no such image, the image's own registry is asked.
 */
export function hostsFiles(registries: readonly ImageRegistry[]): ReadonlyMap<string, string> {
  const first = registries.find(({ isDefault }) => isDefault)?.server;
  const files = new Map<string, string>();
  for (const { server, isDefault } of registries) {
    for (const prefix of server.prefixes) files.set(prefix, hostsText(server, isDefault ? undefined : first));
  }
  if (first !== undefined) files.set(EVERY_OTHER, hostsText(undefined, first));
  return files;
}
