import type { Argv } from '../../core/fact.ts';
import type { Text } from '../../core/secret.ts';
import { CONTAINERD_CONFIG_PATH, printContainerdConfig } from './containerd-config.ts';
import {
  printProxyEnvironment,
  PROXY_DROP_IN,
  PROXY_DROP_IN_PATH,
  PROXY_ENVIRONMENT_PATH,
} from './proxy-environment.ts';
import { hostsFiles, hostsPath } from './registry-hosts.ts';
import type { NodeRuntimeSection } from './section.ts';

/** A file of containerd; without content it is not wanted. */
export interface ContainerdFile {
  readonly path: string;
  readonly content: Text | undefined;
  /** See `FileResource.check`. */
  readonly check?: Argv;
}

/** Files that containerd reads when it starts. */
export const STARTED_FROM = [CONTAINERD_CONFIG_PATH, PROXY_DROP_IN_PATH, PROXY_ENVIRONMENT_PATH];

/** What the user wrote may be no configuration of this host's containerd. The dump itself is nobody's business. */
const DRY_RUN: Argv = ['sh', '-c', 'exec containerd --config "$1" config dump >/dev/null', 'sh', '{}'];

function registryFiles(wanted: NodeRuntimeSection | undefined, found: readonly string[]): readonly ContainerdFile[] {
  const files = hostsFiles(wanted?.registries ?? []);
  const gone = found.filter((prefix) => !files.has(prefix));
  return [
    ...[...files].map(([prefix, content]) => ({ path: hostsPath(prefix), content })),
    ...gone.map((prefix) => ({ path: hostsPath(prefix), content: undefined })),
  ];
}

/** Every file of containerd's on one host. `found` are the registries that the host has files for. */
export function containerdFiles(
  wanted: NodeRuntimeSection | undefined,
  sandboxImage: string,
  found: readonly string[],
): readonly ContainerdFile[] {
  const config = wanted && {
    sandboxImage,
    systemdCgroup: wanted.cgroupDriver === 'systemd',
    registries: wanted.registries,
    own: wanted.containerd,
  };
  const environment = wanted && printProxyEnvironment(wanted.proxies);
  return [
    {
      path: CONTAINERD_CONFIG_PATH,
      content: config && printContainerdConfig(config),
      ...(wanted?.containerd === undefined ? {} : { check: DRY_RUN }),
    },
    ...registryFiles(wanted, found),
    { path: PROXY_ENVIRONMENT_PATH, content: environment },
    { path: PROXY_DROP_IN_PATH, content: environment && PROXY_DROP_IN },
  ];
}
