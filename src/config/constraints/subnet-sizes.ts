import { type ConfigPath, printConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';
import { parseNetwork } from '../ipv4-range.ts';

/** Each node gets a /24 of the pods' network from the controller-manager. */
const NODE_MASK = 24;
/** kubeadm: the node mask may be at most 16 bits longer than the pods' prefix; services have at most 20 host bits. */
const SHORTEST = { podSubnet: 8, serviceSubnet: 12 } as const;

/** Both subnets are large enough for Kubernetes and for the number of nodes, and not too large for kubeadm. */
export function subnetSizes(config: ConfigView): readonly Diagnostic[] {
  return (['podSubnet', 'serviceSubnet'] as const).flatMap((key) => judge(config, key));
}

function judge(config: ConfigView, key: 'podSubnet' | 'serviceSubnet'): readonly Diagnostic[] {
  const path: ConfigPath = ['spec', 'kubernetes', 'networking', key];
  const text = config.cluster.spec.kubernetes.networking[key];
  const prefix = parseNetwork(text)?.prefix;
  if (prefix === undefined || !config.isSound(path)) return [];
  const name = `${printConfigPath(path)} ${text}`;
  const at = config.inCluster(path);
  if (prefix > NODE_MASK) {
    const hint = 'the prefix must be /24 or shorter; /16 is usual';
    return [{ code: 'subnet-too-small', severity: 'error', message: `${name} is smaller than a /24`, hint, at }];
  }
  if (prefix < SHORTEST[key]) {
    const message = `${name} is larger than Kubernetes allows`;
    return [
      {
        code: 'subnet-too-large',
        severity: 'error',
        message,
        hint: `the prefix must be /${SHORTEST[key]} or longer`,
        at,
      },
    ];
  }
  const nodes = config.inventory?.hosts.length ?? 0;
  const room = 2 ** (NODE_MASK - prefix);
  if (key === 'podSubnet' && nodes > room) {
    const message = `${name} has room for ${room} nodes (a /24 each), and the inventory has ${nodes}`;
    const severity = config.isWritten(path) ? 'error' : 'warning';
    return [
      { code: 'subnet-too-small', severity, message, hint: 'write a larger podSubnet: it cannot be changed later', at },
    ];
  }
  if (prefix < NODE_MASK) return [];
  const message = key === 'podSubnet' ? `${name} has room for one node only` : `${name} has room for 254 services only`;
  return [
    {
      code: 'subnet-tight',
      severity: 'warning',
      message,
      hint: 'it cannot be changed later: a larger one costs nothing',
      at,
    },
  ];
}
