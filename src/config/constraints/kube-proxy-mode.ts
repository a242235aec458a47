import { judgeBySchema, kubeProxyFieldsSchema } from '../../components/kube-proxy/configuration-schema.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { jsonAt, toJson } from '../../core/json.ts';
import { compareReleases, parseRelease } from '../../core/release.ts';
import type { ConfigView } from '../constraint.ts';

const PATH: ConfigPath = ['spec', 'kubernetes', 'networking', 'kubeProxy'];
const CODE = 'kube-proxy-mode';
/** kube-proxy warns of ipvs from then on; KEP-5495 plans to take it out in 1.43. */
const IPVS_DEPRECATED = { major: 1, minor: 35, patch: 0 };
/** In 1.31 and 1.32 the mode is beta, and before that alpha (kubernetes.io, "Virtual IPs and Service Proxies"). */
const NFTABLES_STABLE = { major: 1, minor: 33, patch: 0 };

function isBefore(version: string, release: typeof IPVS_DEPRECATED): boolean {
  const known = parseRelease(version);
  return known !== undefined && compareReleases(known, release) < 0;
}

/** A mode of kube-proxy fits the release and what else stands in cluster.yaml; further fields are some that there are. */
export function kubeProxyMode(config: ConfigView): readonly Diagnostic[] {
  const { networking, version, controlPlane } = config.cluster.spec.kubernetes;
  const { mode } = networking.kubeProxy;
  const extra = toJson(networking.kubeProxy.extra ?? {});
  const at = config.inCluster([...PATH, 'mode']);
  const found: Diagnostic[] = [];
  const warn = (message: string, hint: string) => found.push({ code: CODE, severity: 'warning', message, hint, at });
  if (mode === 'ipvs' && !isBefore(version, IPVS_DEPRECATED)) {
    const message = 'the mode ipvs of kube-proxy is deprecated since Kubernetes 1.35, and will be taken out of it';
    warn(message, 'nftables takes its place where there are many Services, iptables everywhere');
  }
  if (mode === 'nftables' && isBefore(version, NFTABLES_STABLE)) {
    warn('the mode nftables of kube-proxy is not stable before Kubernetes 1.33', 'use a newer release, or iptables');
  }
  if (mode === 'nftables' && jsonAt(extra, 'nodePortAddresses') === undefined) {
    const vip = controlPlane.keepalived === undefined ? '' : ', so not at the virtual address of the API';
    warn(
      `with nftables, node ports answer at the first address of each node alone${vip}, and not at localhost`,
      'kubeProxy.extra.nodePortAddresses names networks whose addresses answer, such as ["0.0.0.0/0"]',
    );
  }
  if (mode === 'ipvs' && hasLayer2(config) && jsonAt(extra, 'ipvs', 'strictARP') === false) {
    found.push({
      code: CODE,
      severity: 'error',
      message: 'MetalLB’s layer 2 wants strict ARP where kube-proxy runs in mode ipvs',
      hint: 'remove it: konvoy sets strictARP by itself',
      at: config.inCluster([...PATH, 'extra', 'ipvs', 'strictARP']),
    });
  }
  const other = jsonAt(extra, 'mode');
  if (other !== undefined && other !== mode) {
    found.push({
      code: CODE,
      severity: 'error',
      message: `the mode of kube-proxy is ${mode} here and ${JSON.stringify(other)} in extra`,
      hint: 'write it in kubeProxy.mode alone',
      at: config.inCluster([...PATH, 'extra', 'mode']),
    });
  }
  for (const { path, message, isUnknownField } of judgeBySchema(kubeProxyFieldsSchema, extra)) {
    found.push({
      code: isUnknownField ? 'unknown-key' : 'invalid-value',
      severity: 'error',
      message: `${path.join('.')} ${isUnknownField ? 'is no field of KubeProxyConfiguration' : message}`,
      at: config.inCluster([...PATH, 'extra', ...path], isUnknownField ? 'key' : 'value'),
    });
  }
  return found;
}

function hasLayer2({ cluster }: ConfigView): boolean {
  return cluster.metallb?.config['address-pools'].some(({ protocol }) => protocol === 'layer2') ?? false;
}
