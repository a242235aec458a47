import { KonvoyError } from '../../core/errors.ts';
import type { Change } from '../../core/plan.ts';
import type { Resource } from '../../core/resource.ts';

/** Stage names as Konvoy's users know them. */
const STAGE_TITLES: Readonly<Record<string, string>> = {
  'aws-nlb': 'Provisioning the Load Balancer of the API',
  firewall: 'Configuring Node Firewall',
  keepalived: 'Configuring Highly Available Control Plane',
  'node-runtime': 'Configuring Cluster Prerequisites',
  'control-plane': 'Deploying Kubernetes',
  workers: 'Adding Workers',
  'node-pools': 'Adding Node Labels and Taints',
  'calico-images': 'Preparing Container Networking',
  calico: 'Deploying Container Networking',
  'route-reflectors': 'Deploying Route Reflectors',
  'addon-base': 'Preparing Addons',
  metallb: 'Deploying Enabled Addons',
  traefik: 'Deploying Enabled Addons',
  preflight: 'Running Preflights',
  nodes: 'Checking Nodes',
  kubernetes: 'Checking Kubernetes',
  addons: 'Checking Addons',
  verify: 'Verifying Container Networking',
  'etcd-restore': 'Restoring Etcd',
  'renew-certificates': 'Renewing Certificates',
  'migrate-corefile': 'Migrating the Corefile',
};

/** The title of a stage. */
export function stageTitle(stage: string): string {
  return STAGE_TITLES[stage] ?? stage;
}

/** What a resource is called where its host is already named: `file:/etc/hosts`. */
export function nameOf({ address, host }: Resource): string {
  return address.startsWith(`${host} `) ? address.slice(host.length + 1) : address;
}

/** `update file:/etc/hosts`. */
export function printChange({ verb, resource }: Change): string {
  return `${verb} ${nameOf(resource)}`;
}

/** `0.4s`, `12s`, `2m05s`. */
export function printDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}

/** What an error says to a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What to do about an error, where it knows. */
export function hintOf(error: unknown): string | undefined {
  return error instanceof KonvoyError ? error.hint : undefined;
}
