import { hostResourceAddress, objectPath } from '../../core/address.ts';
import { CLOUD_CONTROLLER_IMAGE } from '../../core/cloud-controller-image.ts';
import type { Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { printCloudConfig } from './cloud-config.ts';
import { controllerObjects } from './objects.ts';
import { CLOUD_CONTROLLER_PATH, type CloudControllerSection } from './section.ts';

/** Its image on the control planes, before anything of it starts there. */
export function imagesOf(section: CloudControllerSection | undefined, topology: Topology): readonly Resource[] {
  if (section === undefined) return [];
  return controlPlaneOf(topology).hosts.map((host) => ({
    kind: 'images',
    host,
    address: hostResourceAddress(host, 'images', 'cloud-controller'),
    component: 'cloud-controller-images',
    because: CLOUD_CONTROLLER_PATH,
    ensure: 'present',
    images: [CLOUD_CONTROLLER_IMAGE],
  }));
}

/** The controller's objects, once it is known where in AWS the cluster is. Where it is not wanted, it goes with the cluster. */
export function desired(section: CloudControllerSection | undefined, topology: Topology): readonly Resource[] {
  const { hosts, port } = controlPlaneOf(topology);
  const nodes = section?.found?.nodes;
  const host = section?.found?.at ?? hosts[0];
  if (section === undefined || host === undefined || nodes?.is !== 'known') return [];
  const [first] = hosts.flatMap((address) => nodes.instances.get(address) ?? []);
  const subnetId = section.place.subnetIds?.[0] ?? first?.subnetId;
  if (nodes.vpcId === undefined || subnetId === undefined) return [];
  const { clusterName } = topology;
  const { region, serviceEndpoints, credentialsSecret } = section;
  const cloudConfig = printCloudConfig({ region, serviceEndpoints, clusterName, vpcId: nodes.vpcId, subnetId });
  return controllerObjects({ clusterName, cloudConfig, credentialsSecret }).map((object) => ({
    kind: 'kube-object',
    host,
    port,
    address: hostResourceAddress(host, 'kube-object', objectPath(object)),
    component: 'cloud-controller',
    because: CLOUD_CONTROLLER_PATH,
    ensure: 'present',
    object,
    rollsOut: object.kind === 'DaemonSet',
  }));
}
