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

/**
 * Every file of containerd's on a host, by the registries that it has files for. What does not depend on these is printed
 * once for all hosts.
 */
export function containerdFiles(
  wanted: NodeRuntimeSection | undefined,
  sandboxImage: string,
): (found: readonly string[]) => readonly ContainerdFile[] {
  const config = wanted && {
    sandboxImage,
    systemdCgroup: wanted.cgroupDriver === 'systemd',
    registries: wanted.registries,
    own: wanted.containerd,
  };
  const configFile: ContainerdFile = {
    path: CONTAINERD_CONFIG_PATH,
    content: config && printContainerdConfig(config),
    ...(wanted?.containerd === undefined ? {} : { check: DRY_RUN }),
  };
  const registries = hostsFiles(wanted?.registries ?? []);
  const registryFiles = [...registries].map(([prefix, content]) => ({ path: hostsPath(prefix), content }));
  const environment = wanted && printProxyEnvironment(wanted.proxies);
  const proxyFiles = [
    { path: PROXY_ENVIRONMENT_PATH, content: environment },
    { path: PROXY_DROP_IN_PATH, content: environment && PROXY_DROP_IN },
  ];
  return (found) => {
    const gone = found.filter((prefix) => !registries.has(prefix));
    const goneFiles = gone.map((prefix) => ({ path: hostsPath(prefix), content: undefined }));
    return [configFile, ...registryFiles, ...goneFiles, ...proxyFiles];
  };
}
