import { z } from 'zod';
import { dnsSchema } from '../components/coredns/dns-schema.ts';
import { calicoSchema } from '../components/calico/schema.ts';
import { firewallSchema } from '../components/firewall/schema.ts';
import { keepalivedSchema } from '../components/keepalived/schema.ts';
import {
  controlPlaneFields,
  kubernetesFields,
  networkingFields,
  nodePoolSchema,
} from '../components/kubernetes/schema.ts';
import { containerRuntimeSchema, imageRegistrySchema } from '../components/node-runtime/schema.ts';
import { localPath, matching, oneLine } from './value-types.ts';

export const API_GROUP = 'konvoy.mesosphere.io';
export const API_VERSIONS = ['v1beta2', 'v1beta1', 'v1alpha1'].map((version) => `${API_GROUP}/${version}`);

/** `metadata` of both documents. */
export const metadataSchema = z.strictObject({
  name: matching(/^[a-z0-9._-]{1,63}$/, 'up to 63 of a-z, 0-9, ".", "_" and "-"')
    .default('konvoy')
    .describe('Name of the cluster.'),
  creationTimestamp: z.string().nullish().describe('Written by old versions. Ignored.'),
  labels: z.record(z.string(), z.string()).optional().describe('Ignored.'),
  annotations: z.record(z.string(), z.string()).optional().describe('Ignored.'),
});

const repository = z.strictObject({ image: oneLine().describe('Image that serves the charts.') });

/** One entry of `spec.addons`. */
export const addonRepositorySchema = z.strictObject({
  configRepository: oneLine()
    .optional()
    .describe('Git repository of addon definitions. Not used: konvoy brings its own.'),
  configVersion: oneLine().optional().describe('Version of the addon definitions. Not used.'),
  addonRepository: repository.optional().describe('Image with the charts (v1beta2). Not used.'),
  helmRepository: repository.optional().describe('Image with the charts (v1beta1). Not used.'),
  addonsList: z
    .array(
      z.strictObject({
        name: matching(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'the name of an addon such as metallb').describe(
          'Name of the addon.',
        ),
        enabled: z.boolean().describe('Whether it is installed.'),
        values: z
          .string()
          .optional()
          .describe('YAML text over the values of its chart: maps are merged, the rest is replaced.'),
      }),
    )
    .default([])
    .describe('Addons.'),
});

export const clusterSpecSchema = z.strictObject({
  kubernetes: z
    .strictObject({
      ...kubernetesFields,
      controlPlane: z
        .strictObject({
          ...controlPlaneFields,
          keepalived: keepalivedSchema
            .optional()
            .describe(
              'Keepalived holds the virtual IP address of the API. The key’s presence switches it on, {} is enough.',
            ),
        })
        .prefault({})
        .describe('Control plane.'),
      networking: z
        .strictObject({ ...networkingFields, iptables: firewallSchema.prefault({}).describe('Firewall of the hosts.') })
        .prefault({})
        .describe('Networks, proxies and the firewall of the hosts.'),
      dns: dnsSchema
        .optional()
        .describe('Names for pods. It goes into a marked part of the Corefile; the rest of that is the user’s.'),
    })
    .prefault({})
    .describe('Kubernetes.'),
  containerNetworking: z
    .strictObject({ calico: calicoSchema.prefault({}).describe('Calico.') })
    .prefault({})
    .describe('Network of the pods.'),
  nodePools: z
    .array(nodePoolSchema)
    .default([])
    .describe(
      'Pools of nodes. control-plane and worker always exist; route-reflector makes its nodes BGP route reflectors.',
    ),
  addons: z.array(addonRepositorySchema).default([]).describe('Addons, by repository.'),
  containerRuntime: containerRuntimeSchema.optional().describe('Container runtime of the hosts.'),
  imageRegistries: z
    .array(imageRegistrySchema)
    .default([])
    .describe(
      `Registries of images with their credentials. $\{NAME} in a value stands for that variable of konvoy’s environment, $$\{NAME} for itself.`,
    ),
  osPackages: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Package repositories of the hosts. Accepted, not used yet.'),
  ntp: z
    .looseObject({ autoConfigure: z.boolean().default(true).describe('Whether a time service is set up.') })
    .optional()
    .describe('Time service. Accepted, not used yet.'),
  autoProvisioning: z.record(z.string(), z.unknown()).optional().describe('Accepted, not used.'),
  loggingOptions: z.record(z.string(), z.unknown()).optional().describe('Accepted, not used.'),
  version: oneLine().optional().describe('Konvoy release that wrote the file. Ignored.'),
});

export const clusterSchema = z.strictObject({
  kind: z.literal('ClusterConfiguration').describe('Kind of the document.'),
  apiVersion: z.enum(API_VERSIONS).describe('Version of the document; v1alpha1 is read with a warning.'),
  metadata: metadataSchema.prefault({}).describe('Name of the cluster.'),
  spec: clusterSpecSchema.prefault({}).describe('The cluster.'),
});

export type ClusterDocument = z.infer<typeof clusterSchema>;

/** Where files on the deployer are named, for the provisioner document. */
export const sshCredentialsSchema = z.looseObject({
  user: oneLine().optional().describe('User of the machines.'),
  publicKeyFile: localPath().optional().describe('Public key that machines get.'),
  privateKeyFile: localPath().optional().describe('Private key. Left out: the SSH agent.'),
});
