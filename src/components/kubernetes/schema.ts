import { z } from 'zod';
import {
  endpoint,
  ipv4AddressOrHostName,
  ipv4Network,
  judged,
  labelKey,
  labelValue,
  matching,
  oneLine,
  proxyUrl,
} from '../../config/value-types.ts';

/** The newest Kubernetes release that is proved on real hosts. */
export const DEFAULT_KUBERNETES_VERSION = '1.36.3';
export const DEFAULT_POD_SUBNET = '192.168.0.0/16';
export const DEFAULT_SERVICE_SUBNET = '10.0.0.0/18';

/** Fields of another program's configuration file, whose kind and version are ours to write. */
function componentFields(what: string) {
  const field = judged((key) => {
    if (key !== 'apiVersion' && key !== 'kind') return undefined;
    return { message: 'is written by konvoy', hint: `remove it: write only the fields of ${what}` };
  });
  return z.record(field, z.unknown());
}

/** What the kubelet can keep from pods (cmd/kubelet/app, parseResourceList). */
const RESERVABLE = ['cpu', 'memory', 'ephemeral-storage', 'pid'];

function imageRepository() {
  return matching(/^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)*$/, 'a registry such as registry.k8s.io');
}

/** `spec.kubernetes.controlPlane`, without keepalived. */
export const controlPlaneFields = {
  controlPlaneEndpointOverride: endpoint()
    .optional()
    .describe(
      'Address of the Kubernetes API, host:port. Wins over control_plane_endpoint of the inventory. With keepalived it is the virtual IP address.',
    ),
  certificate: z
    .strictObject({
      subjectAlternativeNames: z
        .array(ipv4AddressOrHostName())
        .default([])
        .describe('More names and addresses in the certificate of the API server.'),
    })
    .prefault({})
    .describe('Certificate of the API server.'),
};

/** `spec.kubernetes.networking`, without iptables. */
export const networkingFields = {
  podSubnet: ipv4Network().default(DEFAULT_POD_SUBNET).describe('Network of the pods; becomes Calico’s IP pool.'),
  serviceSubnet: ipv4Network().default(DEFAULT_SERVICE_SUBNET).describe('Network of the ClusterIP addresses.'),
  httpProxy: proxyUrl(['http']).optional().describe('Proxy for HTTP; its scheme is http.'),
  httpsProxy: proxyUrl(['http', 'https']).optional().describe('Proxy for HTTPS.'),
  noProxy: z
    .array(oneLine())
    .default([])
    .describe('What is reached without a proxy, beside the entries konvoy adds by itself.'),
  kubeProxy: z
    .strictObject({
      mode: z
        .enum(['iptables', 'ipvs', 'nftables'])
        .default('iptables')
        .describe('How kube-proxy brings traffic for Services to pods.'),
      extra: componentFields('KubeProxyConfiguration')
        .optional()
        .describe(
          'Fields of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), laid over what konvoy writes: maps are merged, the rest is replaced.',
        ),
    })
    .prefault({})
    .describe('Settings of kube-proxy.'),
};

/** The fields of `spec.kubernetes` that are one value or are not about networking. */
export const kubernetesFields = {
  version: matching(
    /^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/,
    `a version without a leading v, such as ${DEFAULT_KUBERNETES_VERSION}`,
  )
    .default(DEFAULT_KUBERNETES_VERSION)
    .describe('Kubernetes release.'),
  imageRepository: imageRepository()
    .default('registry.k8s.io')
    .describe('Registry of the images of Kubernetes. From another one than the default, hosts fetch them themselves.'),
  cloudProvider: z
    .strictObject({
      provider: z
        .enum(['none', 'aws', 'azure', 'gcp', 'vsphere'])
        .optional()
        .describe('Cloud integration of Kubernetes. Left out: follows ClusterProvisioner.spec.provider.'),
    })
    .prefault({})
    .describe('Cloud integration.'),
  admissionPlugins: z
    .strictObject({
      enabled: z.array(oneLine()).default(['NodeRestriction']).describe('Admission plugins that are switched on.'),
      disabled: z.array(oneLine()).default([]).describe('Admission plugins that are switched off.'),
    })
    .prefault({})
    .describe('Admission plugins of the API server.'),
  preflightChecks: z
    .strictObject({
      errorsToIgnore: z
        .array(oneLine())
        .default([])
        .describe('Names of preflight errors that do not stop; all ignores every one.'),
    })
    .prefault({})
    .describe('Preflight checks.'),
  etcd: z
    .strictObject({
      imageRepository: imageRepository()
        .optional()
        .describe('Registry of etcd’s image, without /etcd. Left out: that of Kubernetes.'),
      imageTag: matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'the tag of an image such as 3.6.8-0')
        .optional()
        .describe('Tag of etcd’s image. Left out: the one that belongs to the Kubernetes release.'),
      extraArgs: z
        .array(
          z.strictObject({
            name: matching(/^[a-z0-9][a-z0-9-]*$/, 'the name of a flag without leading dashes').describe(
              'Name of the flag, without leading dashes.',
            ),
            value: oneLine().describe('Value of the flag.'),
          }),
        )
        .default([])
        .describe('Flags of etcd beside those that kubeadm gives it.'),
    })
    .optional()
    .describe('Settings of etcd.'),
  apiserver: z
    .strictObject({
      targetRamMB: z.unknown().optional().describe('Ignored: the API server sizes its caches by itself today.'),
    })
    .optional()
    .describe('Settings of the API server.'),
  kubelet: z
    .strictObject({
      cgroupRoot: oneLine().optional().describe('Cgroup below which all pods are put. It must be there on every host.'),
      kubeReserved: z
        .record(
          judged((key) => {
            if (RESERVABLE.includes(key)) return undefined;
            return { message: 'is nothing that can be reserved', hint: `known here: ${RESERVABLE.join(', ')}` };
          }),
          matching(/^[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i|[eE][0-9]+)?$/, 'a quantity such as 200m or 1Gi'),
        )
        .optional()
        .describe('What is kept from pods for Kubernetes itself: cpu, memory, ephemeral-storage, pid.'),
      extra: componentFields('KubeletConfiguration')
        .optional()
        .describe(
          'Fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1), laid over what konvoy writes: maps are merged, the rest is replaced.',
        ),
    })
    .optional()
    .describe('Settings of the kubelet.'),
};

/** One entry of `spec.nodePools`. */
export const nodePoolSchema = z.strictObject({
  name: labelValue().min(1).describe('Name of the pool; hosts name it in node_pool.'),
  labels: z
    .array(
      z.strictObject({
        key: labelKey().describe('Key of the label.'),
        value: labelValue().describe('Value of the label.'),
      }),
    )
    .default([])
    .describe('Labels of the nodes of this pool.'),
  taints: z
    .array(
      z.strictObject({
        key: labelKey().describe('Key of the taint.'),
        value: labelValue().describe('Value of the taint.'),
        effect: z
          .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
          .describe('What happens to pods that do not tolerate it.'),
      }),
    )
    .default([])
    .describe('Taints of the nodes of this pool.'),
  operatingSystem: z
    .strictObject({
      assumeDistribution: z
        .enum(['CentOS', 'RedHat', 'Ubuntu', 'Debian'])
        .optional()
        .describe('Distribution to take a host for that is not recognised.'),
    })
    .optional()
    .describe('Operating system of the hosts of this pool.'),
  gpu: z
    .strictObject({ nvidia: z.record(z.string(), z.unknown()).optional().describe('NVIDIA settings. Not used yet.') })
    .optional()
    .describe('Graphics processors. Not used yet.'),
});
