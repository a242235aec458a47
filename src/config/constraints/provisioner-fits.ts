import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** What ClusterProvisioner says fits together, and with ClusterConfiguration. */
export function provisionerFits(config: ConfigView): readonly Diagnostic[] {
  const { provisioner, provider } = config.cluster;
  if (provisioner === undefined) return [];
  const found: Diagnostic[] = [];
  const tell = (path: ConfigPath, severity: 'error' | 'warning', message: string, hint: string): void => {
    found.push({ code: 'provisioner', severity, message, hint, at: config.inProvisioner(['spec', ...path]) });
  };
  const { nodePools, aws } = provisioner.spec;
  for (const flag of ['controlPlane', 'bastion'] as const) {
    const marked = [...nodePools.entries()].filter(([, pool]) => pool[flag]);
    const second = marked[1];
    if (second !== undefined) {
      tell(['nodePools', second[0], flag], 'error', `only one pool can have ${flag}: true`, 'keep one of them');
    }
  }
  for (const [index, { controlPlane, count, machine }] of nodePools.entries()) {
    if (controlPlane && count % 2 === 0) {
      const hint = `make it ${count + 1}`;
      tell(
        ['nodePools', index, 'count'],
        'error',
        `the control plane has ${count} machines: the number must be odd`,
        hint,
      );
    }
    const subnets = machine?.aws?.subnetIDs?.length ?? 0;
    if (subnets > 0 && aws !== undefined && subnets !== aws.availabilityZones.length) {
      tell(
        ['nodePools', index, 'machine', 'aws', 'subnetIDs'],
        'error',
        subnetMessage(subnets, aws.availabilityZones),
        SUBNET_HINT,
      );
    }
  }
  const elbSubnets = aws?.elb?.subnetIDs?.length ?? 0;
  if (elbSubnets > 0 && aws !== undefined && elbSubnets !== aws.availabilityZones.length) {
    tell(['aws', 'elb', 'subnetIDs'], 'error', subnetMessage(elbSubnets, aws.availabilityZones), SUBNET_HINT);
  }
  if (aws?.vpc?.internetGatewayID !== undefined && aws.vpc.enableInternetGateway && config.cluster.provider === 'aws') {
    tell(
      ['aws', 'vpc', 'internetGatewayID'],
      'warning',
      'internetGatewayID excludes enableInternetGateway: no gateway is made',
      'write enableInternetGateway: false',
    );
  }
  const cloud = config.cluster.spec.kubernetes.cloudProvider.provider;
  const expected = provider === 'docker' ? 'none' : provider;
  if (cloud !== undefined && cloud !== expected) {
    const path = ['spec', 'kubernetes', 'cloudProvider', 'provider'];
    const message = `cloudProvider is ${cloud}, and the provisioner is ${provider}`;
    found.push({
      code: 'provisioner',
      severity: 'error',
      message,
      hint: `write ${expected}, or leave it out`,
      at: config.inCluster(path),
    });
  }
  const { name } = config.cluster;
  if (provisioner.metadata.name !== name && name !== 'konvoy' && provisioner.metadata.name !== 'konvoy') {
    const at = config.inProvisioner(['metadata', 'name']);
    const message = `ClusterProvisioner is named ${provisioner.metadata.name}, and ClusterConfiguration ${name}`;
    found.push({ code: 'provisioner', severity: 'warning', message, hint: `the cluster is named ${name}`, at });
  }
  return found;
}

const SUBNET_HINT = 'write one subnet per availability zone, in their order';

function subnetMessage(subnets: number, zones: readonly string[]): string {
  return `there are ${subnets} subnets for ${zones.length} availability zones`;
}
