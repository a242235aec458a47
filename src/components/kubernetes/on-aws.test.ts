import { expect, it } from 'vitest';
import { factsOfCluster, readyNode } from '../../../test/support/cluster-output.ts';
import { clusterText, configOf } from '../../../test/support/config-of.ts';
import { FakeCloud, factsOf } from '../../../test/support/fake-cloud.ts';
import { CLOUD } from '../../core/address.ts';
import type { FactView } from '../../core/fact.ts';
import { controlPlaneOf } from '../../core/topology.ts';
import type { ClusterNode } from '../../facts/cluster-state.ts';
import { nodePools, workers } from './index.ts';

const PROVISIONER = `kind: ClusterProvisioner
apiVersion: konvoy.mesosphere.io/v1beta2
spec: { provider: aws, aws: { availabilityZones: [us-west-2a], vpc: { ID: vpc-1 }, elb: { internal: true } } }
---
`;
const INVENTORY = `control-plane: { hosts: { 10.0.64.11: {} } }
node: { hosts: { 10.0.64.21: {} } }
all: { vars: { version: v1beta1 } }
`;

function loaded(provisioner: string) {
  const { topology, sections, diagnostics } = configOf(`${provisioner}${clusterText('  kubernetes: {}\n')}`, INVENTORY);
  const section = sections?.['node-pools'];
  if (topology === undefined || section === undefined) throw new Error(diagnostics.map((each) => each.message).join());
  return { topology, section };
}

const machine = (InstanceId: string, PrivateIpAddress: string) => ({
  InstanceId,
  PrivateIpAddress,
  VpcId: 'vpc-1',
  Placement: { AvailabilityZone: 'us-west-2a' },
  State: { Name: 'running' },
});

/** What is wanted of nodes where AWS has these machines, or cannot be asked; undefined nodes: there is no cluster yet. */
async function nodes(machines: readonly object[] | undefined, living?: readonly ClusterNode[]) {
  const { topology, section } = loaded(PROVISIONER);
  const discovery = nodePools.discover?.(section, topology);
  const asks = (discovery?.asks ?? []).filter(({ host }) => host === CLOUD);
  const cloud = new FakeCloud({ 'describe-instances': { Reservations: [{ Instances: machines ?? [] }] } });
  const ofCloud = await factsOf(cloud, asks);
  const silent: FactView = { get: () => ({ ok: false, why: 'no credentials' }) };
  const ofAws = machines === undefined ? silent : ofCloud;
  const state = living && { nodes: living, configuration: '', calico: undefined };
  const ofCluster = factsOfCluster(controlPlaneOf(topology), state);
  const facts: FactView = { get: (question) => (question.host === CLOUD ? ofAws : ofCluster).get(question) };
  const settled = discovery?.settle(facts, () => 0);
  return {
    problems: settled?.diagnostics.map(({ severity, message }) => `${severity}: ${message}`),
    ids: nodePools.desired(settled?.section, topology).map((each) => each.kind === 'node' && each.providerId),
  };
}

const BOTH = [machine('i-11', '10.0.64.11'), machine('i-21', '10.0.64.21')];

it('kubelets on AWS wait for the cloud’s controller, others do not', () => {
  const args = (provisioner: string) => {
    const { topology, section } = loaded(provisioner);
    const [worker] = workers.desired(section, topology);
    return worker?.kind === 'cluster-member' ? worker.join.nodeRegistration : undefined;
  };
  const nodeIp = { name: 'node-ip', value: '10.0.64.21' };
  expect(args(PROVISIONER)).toMatchObject({
    kubeletExtraArgs: [nodeIp, { name: 'cloud-provider', value: 'external' }],
  });
  expect(args('')).toMatchObject({ kubeletExtraArgs: [nodeIp] });
});

it('each node knows the machine that has its address', async () => {
  expect(await nodes(BOTH)).toEqual({ problems: [], ids: ['aws:///us-west-2a/i-11', 'aws:///us-west-2a/i-21'] });
});

it('a node without a machine is an error, with what AWS said', async () => {
  expect((await nodes(BOTH.slice(0, 1))).problems).toEqual(['error: 10.0.64.21 is no instance of vpc-1']);
  expect((await nodes(undefined)).problems).toEqual([
    'error: it cannot be found out which machines 10.0.64.11, 10.0.64.21 are: no credentials',
  ]);
});

it('nodes that know their machines want no word of AWS', async () => {
  const living = ['10.0.64.11', '10.0.64.21'].map((name) => readyNode(name, { providerId: 'aws:///us-west-2a/i-1' }));
  expect(await nodes(undefined, living)).toEqual({ problems: [], ids: [undefined, undefined] });
});
