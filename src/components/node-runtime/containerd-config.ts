import type { TomlTable } from 'smol-toml';
import { OWNERSHIP_COMMENT } from '../../core/resource.ts';
import { revealText, Secret, type Text } from '../../core/secret.ts';
import { REGISTRY_FOLDER } from '../../facts/registry-folders.ts';
import type { ImageRegistry, OwnContainerdConfig } from './section.ts';
import { overlayToml, printToml, readToml, secretTexts } from './toml-table.ts';

export const CONTAINERD_UNIT = 'containerd.service';
export const CONTAINERD_CONFIG_PATH = '/etc/containerd/config.toml';

/** containerd's part for the kubelet, by its name in version 2 of the configuration. */
export const CRI_PLUGIN = 'io.containerd.grpc.v1.cri';

/** Where the container runtime and the pods' network look for CNI plugins; Calico puts its own there. */
export const CNI_FOLDER = '/opt/cni/bin';

/** What the file depends on. */
export interface ContainerdConfigInput {
  readonly sandboxImage: string;
  readonly systemdCgroup: boolean;
  readonly registries: readonly ImageRegistry[];
  readonly own: OwnContainerdConfig | undefined;
}

function credentialsOf({ username, password, auth, identityToken }: ImageRegistry): TomlTable {
  return {
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...(auth === undefined ? {} : { auth: auth.reveal() }),
    ...(identityToken === undefined ? {} : { identitytoken: identityToken.reveal() }),
  };
}

/**
 * Beside `config_path`, containerd (1.6 to 2.3) refuses `mirrors` and reads credentials: by the host that is dialled, which
 * is not always what images are named after.
 */
function registryTable(registries: readonly ImageRegistry[]): TomlTable {
  if (registries.length === 0) return {};
  const configs: TomlTable = {};
  for (const registry of registries) {
    const auth = credentialsOf(registry);
    if (Object.keys(auth).length === 0) continue;
    configs[registry.server.host] = { auth };
  }
  return { registry: { config_path: REGISTRY_FOLDER, ...(Object.keys(configs).length === 0 ? {} : { configs }) } };
}

/**
 * containerd's configuration in version 2, which 1.x reads as its own and 2.x converts. What is not said here is
 * containerd's default. Restricting the OOM score is for containers that are hosts themselves and harmless elsewhere: a
 * score is only ever not lowered below containerd's own.
 */
function ownTable({ sandboxImage, systemdCgroup, registries }: ContainerdConfigInput): TomlTable {
  const cri: TomlTable = {
    sandbox_image: sandboxImage,
    restrict_oom_score_adj: true,
    cni: { bin_dir: CNI_FOLDER, conf_dir: '/etc/cni/net.d' },
    containerd: {
      default_runtime_name: 'runc',
      runtimes: { runc: { runtime_type: 'io.containerd.runc.v2', options: { SystemdCgroup: systemdCgroup } } },
    },
    ...registryTable(registries),
  };
  return { version: 2n, plugins: { [CRI_PLUGIN]: cri } };
}

/** The text of config.toml; a secret where a password, token or header stands in it. */
export function printContainerdConfig(input: ContainerdConfigInput): Text {
  const read = input.own === undefined ? undefined : readToml(revealText(input.own.text));
  const over = read?.ok === true ? read.table : {};
  const table = input.own?.replaces === true ? over : overlayToml(ownTable(input), over);
  const text = `${OWNERSHIP_COMMENT}${input.own?.replaces === true ? revealText(input.own.text) : printToml(table)}`;
  return secretTexts(table).length > 0 ? new Secret(text) : text;
}
