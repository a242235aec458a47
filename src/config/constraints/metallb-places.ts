import type { Diagnostic } from '../../core/diagnostic.ts';
import { textAt } from '../../core/json.ts';
import { tunnelOf } from '../../core/topology.ts';
import type { ConfigView } from '../constraint.ts';

/** Networks of clouds deliver packets for an address to the machine that they gave it to, whatever ARP says. */
const NO_LAYER2 = ['aws', 'azure', 'gcp'];

/**
 * MetalLB works where it is to run: layer 2 on a network with ARP, BGP with routers that are no nodes, and beside another
 * load balancer only with a class of its own.
 */
export function metallbPlaces(config: ConfigView): readonly Diagnostic[] {
  const { metallb, provider, calico } = config.cluster;
  if (metallb === undefined) return [];
  const found: Diagnostic[] = [];
  const { objects } = metallb.wanted;
  const layer2 = objects.find(({ kind }) => kind === 'L2Advertisement');
  if (layer2 !== undefined && NO_LAYER2.includes(provider)) {
    const message = `layer 2 does not work on ${provider}: its network does not ask by ARP who has an address`;
    const hint = `leave the load balancer to ${provider}: remove the addon metallb, or announce by BGP`;
    found.push({ code: 'metallb-place', severity: 'error', message, hint, at: config.inCluster(layer2.because) });
  }
  if (layer2 === undefined && provider === 'aws' && metallb.chartValues.loadBalancerClass === undefined) {
    const message = 'MetalLB and the cloud controller of AWS would both serve every Service of type LoadBalancer';
    const hint = 'give MetalLB a class of its own: values.loadBalancerClass; or remove the addon';
    const at = config.inCluster(config.cluster.addons.find(({ name }) => name === 'metallb')?.path ?? metallb.path);
    found.push({ code: 'metallb-place', severity: 'error', message, hint, at });
  }
  const hosts = new Set((config.inventory?.hosts ?? []).map(({ address }) => address));
  for (const { kind, object, because } of objects) {
    const address = textAt(object, 'spec', 'peerAddress');
    if (kind !== 'BGPPeer' || address === undefined || !hosts.has(address)) continue;
    const withCalico = tunnelOf(calico.encapsulation) !== 'vxlan';
    const message = withCalico
      ? `the peer ${address} is a node: its BGP is Calico’s, which has one session with each other node already`
      : `the peer ${address} is a node, and no router`;
    const hint = 'a peer of MetalLB’s is a router outside of the cluster';
    const key = because.includes('resources') ? 'peerAddress' : 'peer-address';
    const at = config.inCluster([...because, key]);
    found.push({ code: 'metallb-place', severity: 'error', message, hint, at });
  }
  return found;
}
