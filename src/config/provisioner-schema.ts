import { z } from 'zod';
import { awsLoadBalancerSchema } from '../components/aws-nlb/schema.ts';
import { cloudControllerSchema, serviceEndpointsSchema } from '../components/cloud-controller/schema.ts';
import { API_VERSIONS, metadataSchema, sshCredentialsSchema } from './cluster-schema.ts';
import { ipv4Address, ipv4Network, labelValue, oneLine, secret } from './value-types.ts';

const texts = (what: string) => z.array(oneLine()).optional().describe(what);
const text = (what: string) => oneLine().optional().describe(what);
const flag = (standard: boolean, what: string) => z.boolean().default(standard).describe(what);
const port = (standard: number, what: string) => z.int().min(1).max(65535).default(standard).describe(what);

const machine = z.looseObject({
  rootVolumeSize: z.int().min(1).optional().describe('GiB of the root volume.'),
  rootVolumeType: text('Type of the root volume.'),
  imagefsVolumeEnabled: z.boolean().optional().describe('Whether images have a volume of their own.'),
  imagefsVolumeSize: z.int().min(1).optional().describe('GiB of that volume.'),
  imagefsVolumeType: text('Type of that volume.'),
  imagefsVolumeDevice: text('Device of that volume.'),
  type: text('Type of the machine.'),
  imageID: text('Image of the machine.'),
  imageName: text('Image of the machine, by name.'),
  aws: z
    .looseObject({
      subnetIDs: texts('Subnets, one per availability zone and in their order.'),
      securityGroupIDs: texts('Security groups.'),
      associatePublicIPAddress: flag(true, 'Whether machines get a public address.'),
      iam: z
        .looseObject({ instanceProfile: z.unknown().describe('Instance profile.') })
        .optional()
        .describe('IAM.'),
      kmsKeyID: text('Key of the volumes.'),
    })
    .optional()
    .describe('Settings on AWS.'),
  vsphere: z
    .looseObject({
      network: z
        .looseObject({
          global: z
            .looseObject({
              searchDomains: texts('Search domains.'),
              nameservers: z.array(ipv4Address()).optional().describe('Name servers.'),
              vlan: z.int().min(0).max(4094).optional().describe('VLAN.'),
              ipv4Gateway: ipv4Address().optional().describe('Gateway.'),
            })
            .optional()
            .describe('Settings of all machines.'),
          machines: z
            .array(
              z.looseObject({
                ipv4Address: text('Address with prefix length.'),
                macAddress: text('MAC address.'),
              }),
            )
            .optional()
            .describe('Settings of each machine.'),
        })
        .optional()
        .describe('Network.'),
    })
    .optional()
    .describe('Settings on vSphere.'),
});

export const provisionerSpecSchema = z.looseObject({
  provider: z
    .enum(['none', 'aws', 'azure', 'gcp', 'vsphere', 'docker'])
    .default('aws')
    .describe('Who makes the machines. Without a ClusterProvisioner: none.'),
  nodePools: z
    .array(
      z.looseObject({
        name: labelValue().min(1).describe('Name of the pool.'),
        indexType: z.enum(['positional', 'named']).optional().describe('How machines are numbered.'),
        controlPlane: flag(false, 'Whether this is the control plane; at most one pool is.'),
        bastion: flag(false, 'Whether these are bastions; at most one pool is.'),
        count: z.int().min(0).describe('Number of machines; odd for the control plane.'),
        machine: machine.optional().describe('The machines.'),
        autoscaling: z
          .looseObject({
            minSize: z.int().min(0).default(1).describe('Least number of machines.'),
            maxSize: z.int().min(0).default(10).describe('Most machines.'),
          })
          .optional()
          .describe('Automatic size. Not used.'),
      }),
    )
    .default([])
    .describe('Pools of machines.'),
  sshCredentials: sshCredentialsSchema.optional().describe('How machines are reached.'),
  version: text('Konvoy release that wrote the file. Ignored.'),
  aws: z
    .looseObject({
      region: oneLine().default('us-west-2').describe('Region.'),
      availabilityZones: z.array(oneLine()).default(['us-west-2c']).describe('Availability zones.'),
      vpc: z
        .looseObject({
          ID: text('An existing VPC.'),
          cidr: ipv4Network().default('10.0.0.0/16').describe('Network of the VPC.'),
          routeTableID: text('An existing route table.'),
          overrideDefaultRouteTable: flag(true, 'Whether the default route table is replaced.'),
          internetGatewayID: text('An existing gateway; not together with enableInternetGateway.'),
          enableInternetGateway: flag(true, 'Whether a gateway is made.'),
          enableVPCEndpoints: flag(false, 'Whether endpoints of AWS services are made.'),
          ec2SecurityGroupIDs: texts('Security groups of the EC2 endpoint.'),
          elbSecurityGroupIDs: texts('Security groups of the ELB endpoint.'),
        })
        .optional()
        .describe('VPC.'),
      elb: awsLoadBalancerSchema.optional().describe('Load balancer of the Kubernetes API.'),
      serviceEndpoints: serviceEndpointsSchema,
      cloudController: cloudControllerSchema
        .optional()
        .describe('The controller of AWS in the cluster, which makes load balancers for Services.'),
      tags: z.record(z.string(), z.string()).optional().describe('Tags of everything that is made.'),
      skipMetadataAPICheck: flag(false, 'Whether the metadata service is not asked.'),
    })
    .optional()
    .describe('AWS.'),
  azure: z
    .looseObject({
      location: oneLine().default('eastus2').describe('Location.'),
      availabilitySet: z.record(z.string(), z.unknown()).optional().describe('Availability set.'),
      loadbalancer: z
        .looseObject({
          internal: flag(false, 'Whether the load balancer is only reachable inside.'),
          apiServerPort: port(6443, 'Port of the load balancer.'),
        })
        .optional()
        .describe('Load balancer of the Kubernetes API.'),
      vnet: z
        .looseObject({
          name: text('An existing network.'),
          cidr: ipv4Network().default('10.0.0.0/16').describe('Network.'),
          resourceGroup: text('Resource group.'),
          routeTable: text('Route table.'),
        })
        .optional()
        .describe('Virtual network.'),
      tags: z.record(z.string(), z.string()).optional().describe('Tags of everything that is made.'),
    })
    .optional()
    .describe('Azure. Not provisioned by konvoy.'),
  gcp: z
    .looseObject({
      region: oneLine().default('us-west1').describe('Region.'),
      zones: z.array(oneLine()).default(['us-west1-a', 'us-west1-b', 'us-west1-c']).describe('Zones.'),
      forwardingRule: z
        .looseObject({ internal: flag(false, 'Whether it is only reachable inside.') })
        .optional()
        .describe('Load balancer of the Kubernetes API; its port is always 6443.'),
      network: z
        .looseObject({
          selfLink: text('An existing network.'),
          routerSelfLink: text('An existing router.'),
          natSelfLink: text('An existing NAT.'),
          createInternetGatewayRoute: flag(true, 'Whether a route to the internet is made.'),
        })
        .optional()
        .describe('Network.'),
      labels: z.record(z.string(), z.string()).optional().describe('Labels of everything that is made.'),
    })
    .optional()
    .describe('Google Cloud. Not provisioned by konvoy.'),
  vsphere: z
    .looseObject({
      server: oneLine().describe('Address of vCenter.'),
      port: port(443, 'Port of vCenter.'),
      datacenters: z
        .array(
          z.looseObject({
            name: oneLine().describe('Name of the datacenter.'),
            datastore: oneLine().describe('Datastore.'),
            cluster: oneLine().describe('Cluster.'),
            network: oneLine().describe('Network.'),
            vmFolder: text('Folder of the machines.'),
          }),
        )
        .describe('Datacenters.'),
      username: oneLine().describe('User.'),
      password: secret('Password. A secret.'),
    })
    .optional()
    .describe('vSphere. Not provisioned by konvoy.'),
  docker: z
    .looseObject({
      disablePortMapping: flag(false, 'Whether ports are not mapped.'),
      controlPlaneMappedPortBase: port(46000, 'First port mapped to the API.'),
      sshControlPlaneMappedPortBase: port(22000, 'First port mapped to SSH of the control plane.'),
      sshWorkerMappedPortBase: port(22010, 'First port mapped to SSH of the workers.'),
      dedicatedNetwork: flag(false, 'Whether the cluster has a Docker network of its own.'),
    })
    .optional()
    .describe('Docker. Not provisioned by konvoy.'),
});

/** Read in part: what it holds beyond this is told with a warning. */
export const provisionerSchema = z.looseObject({
  kind: z.literal('ClusterProvisioner').describe('Kind of the document.'),
  apiVersion: z.enum(API_VERSIONS).describe('Version of the document; v1alpha1 is read with a warning.'),
  metadata: metadataSchema.prefault({}).describe('Name of the cluster.'),
  spec: provisionerSpecSchema.prefault({}).describe('The machines.'),
});

export type ProvisionerDocument = z.infer<typeof provisionerSchema>;
