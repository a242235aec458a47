import { type Fact, FactUnreadable } from '../core/fact.ts';
import { ADDON_NAMESPACE } from '../core/helm-release.ts';
import { isJsonObject, type JsonObject, toJson } from '../core/json.ts';
import { OBJECT_LABEL } from '../core/resource.ts';
import type { Labels } from '../core/label-selector.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { parseJsonObject } from './kubectl-json.ts';

/** A service of type LoadBalancer, as the API server has it. */
export interface BalancedServiceLine {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** Of `status.loadBalancer.ingress`. */
  readonly addresses: readonly string[];
  /** That it asks for, by annotation or `spec.loadBalancerIP`. */
  readonly asksFor: readonly string[];
  /** The pool that it asks for; empty: none. */
  readonly asksPool: string;
  /** The pool that MetalLB says it gave the address of; empty: none. */
  readonly pool: string;
  /** The class of load balancers that serves it; empty: whoever serves those without one. */
  readonly className: string;
}

/** What a cluster says of MetalLB's configuration, and of those who use it. */
export interface MetallbState {
  readonly services: readonly BalancedServiceLine[];
  /** Objects of metallb.io in the namespace of the addons, whoever made them. */
  readonly objects: readonly JsonObject[];
  /** Names of the Secrets there that konvoy's MetalLB has. */
  readonly secrets: readonly string[];
}

/** In jsonpath a dot within a name has a backslash before it. */
function annotation(name: string): string {
  return `.metadata.annotations.${name.replaceAll('.', '\\.')}`;
}

const FIELDS = [
  '.metadata.namespace',
  '.metadata.name',
  '.status.loadBalancer.ingress[*].ip',
  '.spec.loadBalancerIP',
  annotation('metallb.io/loadBalancerIPs'),
  annotation('metallb.universe.tf/loadBalancerIPs'),
  annotation('metallb.io/address-pool'),
  annotation('metallb.universe.tf/address-pool'),
  annotation('metallb.io/ip-allocated-from-pool'),
  '.spec.loadBalancerClass',
  '.metadata.labels',
];
const SERVICES = `{range .items[*]}${FIELDS.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;
const KINDS = ['ipaddresspools', 'l2advertisements', 'bgpadvertisements', 'bgppeers', 'bfdprofiles', 'communities']
  .map((kind) => `${kind}.metallb.io`)
  .join(',');

const SECRETS = `{range .items[?(@.kind=="Secret")]}{.metadata.labels.${OBJECT_LABEL.replaceAll('.', '\\.')}}{"\\t"}{.type}{"\\t"}{.metadata.name}{"\\n"}{end}`;
const OBJECTS = '--objects{"\\n"}{range .items[?(@.kind!="Secret")]}{@}{"\\n"}{end}';
const IN_NAMESPACE = `--namespace=${ADDON_NAMESPACE} --output=jsonpath='${SECRETS}${OBJECTS}'`;

/** Two processes of kubectl, as services have another selector; more only where MetalLB's kinds are not there yet. */
const PROGRAM = [
  BELONGS_TO_NONE,
  `k="kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=20s get"`,
  `$k services --all-namespaces --field-selector=spec.type=LoadBalancer --output=jsonpath='${SERVICES}' || exit 1`,
  "echo '--secrets'",
  `all=$($k secrets,${KINDS} ${IN_NAMESPACE}) || {`,
  // Before the first installation nobody knows these kinds.
  '[ -z "$($k customresourcedefinitions ipaddresspools.metallb.io --ignore-not-found --output=name)" ] || exit 1',
  `all=$($k secrets ${IN_NAMESPACE}) || exit 1; }`,
  `printf '%s\\n' "$all"`,
].join('\n');

/** What the program prints; a line of services never begins with a dash. */
const PARTS = /^(.*?)^--secrets\n(.*?)^--objects\n(.*)$/ms;

/** Of Secrets those that konvoy's MetalLB has; Helm keeps its releases in others, with the same label. */
function secretNames(text: string): readonly string[] {
  return linesIn(text).flatMap((line) => {
    const [component, type, name = ''] = line.split('\t');
    return component === 'metallb' && type !== 'helm.sh/release.v1' ? [name] : [];
  });
}

function objectsInLines(text: string): readonly JsonObject[] {
  return linesIn(text).map((line) => {
    const object = parseJsonObject(line);
    if (object === undefined) throw new FactUnreadable(`kubectl printed "${line.slice(0, 80)}"`);
    return object;
  });
}

function labelsIn(text: string): Labels {
  const value = text === '' ? {} : toJson(JSON.parse(text));
  const labels = isJsonObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(labels.flatMap(([key, label]) => (typeof label === 'string' ? [[key, label]] : [])));
}

function listOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((item) => item !== '');
}

function serviceOf(line: string): BalancedServiceLine {
  const [
    namespace = '',
    name = '',
    addresses = '',
    loadBalancerIp = '',
    asked = '',
    askedFormerly = '',
    pool = '',
    poolFormerly = '',
    allocated = '',
    className = '',
    labels = '',
  ] = line.split('\t');
  return {
    namespace,
    name,
    labels: labelsIn(labels),
    addresses: listOf(addresses),
    asksFor: listOf(asked || askedFormerly || loadBalancerIp),
    asksPool: pool || poolFormerly,
    pool: allocated,
    className,
  };
}

function linesIn(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

/**
 * Services with addresses from outside, and MetalLB's configuration, in one question; undefined where there is no cluster.
 * Asks the host's own API server.
 */
export const metallbState: Fact<{ readonly address: string; readonly port: number }, MetallbState | undefined> = {
  name: 'MetalLB’s configuration',
  command: ({ address, port }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const [, services, secrets, objects] = PARTS.exec(stdout) ?? [];
    if (objects === undefined) throw new FactUnreadable('kubectl printed no Secrets');
    try {
      return {
        services: linesIn(services).map(serviceOf),
        secrets: secretNames(secrets ?? ''),
        objects: objectsInLines(objects),
      };
    } catch (error) {
      if (error instanceof SyntaxError) throw new FactUnreadable(`kubectl printed no JSON: ${error.message}`);
      throw error;
    }
  },
};
