import type { Diagnostic } from '../../core/diagnostic.ts';
import { parseEndpoint } from '../cluster.ts';
import type { ConfigView } from '../constraint.ts';
import { parseIpv4 } from '../ipv4-range.ts';

const CLOUDS = ['aws', 'azure', 'gcp'];

/** Keepalived holds an IPv4 address that is no node's, where the network lets it. */
export function keepalivedFits(config: ConfigView): readonly Diagnostic[] {
  const { controlPlane } = config.cluster.spec.kubernetes;
  const path = ['spec', 'kubernetes', 'controlPlane', 'keepalived'];
  const endpointPath = ['spec', 'kubernetes', 'controlPlane', 'controlPlaneEndpointOverride'];
  if (controlPlane.keepalived === undefined) return [];
  const found: Diagnostic[] = [];
  if (CLOUDS.includes(config.cluster.provider)) {
    const message = `keepalived does not work on ${config.cluster.provider}: its network carries no virtual IP address`;
    const hint = 'remove keepalived; the endpoint is the load balancer of the cloud';
    found.push({ code: 'keepalived-provider', severity: 'error', message, hint, at: config.inCluster(path, 'key') });
  }
  if (!config.isSound(endpointPath)) return found;
  const override = controlPlane.controlPlaneEndpointOverride;
  const text = override ?? config.inventory?.endpoint;
  if (text === undefined) {
    const severity = config.inventory === undefined ? 'warning' : 'error';
    const message = 'keepalived has no address to hold';
    const hint = 'write controlPlaneEndpointOverride here, or control_plane_endpoint in the inventory';
    return [...found, { code: 'endpoint-missing', severity, message, hint, at: config.inCluster(path, 'key') }];
  }
  const at =
    override === undefined
      ? config.inInventory(['all', 'vars', 'control_plane_endpoint'])
      : config.inCluster(endpointPath);
  const { host } = parseEndpoint(text);
  const value = parseIpv4(host);
  if (value === undefined) {
    const message = `keepalived needs an IPv4 address to hold, and ${host} is a name`;
    const hint = 'write the address, or remove keepalived where the name belongs to a load balancer';
    found.push({ code: 'keepalived-needs-address', severity: 'error', message, hint, at });
  } else if (value === 0 || host.startsWith('127.') || value >= 0xe0000000) {
    const message = `keepalived cannot hold ${host}: it is no address of a machine`;
    found.push({
      code: 'keepalived-needs-address',
      severity: 'error',
      message,
      hint: 'reserve an address in your network',
      at,
    });
  } else if (config.inventory?.hosts.some(({ address }) => address === host)) {
    const message = `${host} is the address of a host: keepalived needs one that no machine has`;
    found.push({ code: 'keepalived-needs-address', severity: 'error', message, hint: 'reserve another address', at });
  }
  return found;
}
