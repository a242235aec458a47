import { FILE_OWNERSHIP_MARK } from '../../core/resource.ts';

export const CONTAINERD_UNIT = 'containerd.service';
export const CONTAINERD_CONFIG_PATH = '/etc/containerd/config.toml';

/** Where the container runtime and the pods' network look for CNI plugins; Calico puts its own there. */
export const CNI_FOLDER = '/opt/cni/bin';

/** A basic string of TOML: quotes, backslashes and control characters are escaped as in JSON (TOML 1.0, "String"). */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

/**
 * containerd's configuration in version 2, which 1.x reads as its own and 2.x converts. What is not said here is
 * containerd's default. Restricting the OOM score is for containers that are hosts themselves and harmless elsewhere: a
 * score is only ever not lowered below containerd's own.
 */
export function printContainerdConfig(given: { sandboxImage: string; systemdCgroup: boolean }): string {
  return `# ${FILE_OWNERSHIP_MARK}: changes made here are taken back by \`konvoy up\`.
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${tomlString(given.sandboxImage)}
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${tomlString(CNI_FOLDER)}
  conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = ${given.systemdCgroup}
`;
}
