import { type JsonObject, textAt } from './json.ts';

/**
 * A host's identity: the key of the host in `inventory.yaml`, always an IPv4 literal in canonical form.
 * It is the node's address inside of the cluster, not the address SSH connects to (`ansible_host`).
 */
export type HostAddress = string;

/** The machine that runs konvoy. Checks may ask it questions as they ask a host; nothing is ever written to it. */
export const DEPLOYER: HostAddress = 'deployer';

/**
 * Stands where a host's address stands for what is in the cloud: resources there are asked, planned and shown as those of a
 * host. Nothing is locked there, and nothing is logged in.
 */
export const CLOUD: HostAddress = 'aws';

/** Names one resource in plans, hazards and messages: `HOST kind:name`, for example `10.0.50.11 file:/etc/hosts`. */
export type ResourceAddress = string;

/** The address of a resource on a host. `name` is unique among the resources of that kind on that host. */
export function hostResourceAddress(host: HostAddress, kind: string, name: string): ResourceAddress {
  return `${host} ${kind}:${name}`;
}

/** Where in the user's files a value stands: `['spec', 'nodePools', 0, 'name']`. */
export type ConfigPath = readonly (string | number)[];

/** Prints a path as users write it: `spec.nodePools[0].name`. */
export function printConfigPath(path: ConfigPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z0-9_-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** What an object of a cluster is called in addresses: `Deployment/kube-system/coredns`, without a namespace `Namespace/web`. */
export function objectPath(object: JsonObject): string {
  const [namespace, name] = [textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')];
  return [object.kind, namespace, name].filter((part) => part !== undefined).join('/');
}
