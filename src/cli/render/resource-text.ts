import { stringify } from 'yaml';
import type { CloudResource } from '../../core/cloud-resource.ts';
import { hideSecretValues } from '../../core/hide-secret-values.ts';
import { type IptablesRule, printRuleArgs } from '../../core/iptables-rule.ts';
import { maskCorefile } from '../../core/mask-corefile.ts';
import { printImageName, type Resource } from '../../core/resource.ts';
import { Secret, type Text } from '../../core/secret.ts';
import { printKubeadmDocuments } from '../../kinds/cluster-member/kubeadm.ts';
import type { Json } from './json-value.ts';

function shown(text: Text): string {
  return text instanceof Secret ? text.toString() : text;
}

/** Lines as one text, each with its end. */
function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

function yaml(value: unknown): string {
  return trimmed(stringify(value, { lineWidth: 0 }));
}

/** A text that is cut from what others have too: nothing is copied, nor taken apart line by line. */
function trimmed(text: string): string {
  return `${text.trimEnd()}\n`;
}

/** The rules of a role are one value for all its hosts. */
const printedRules = new WeakMap<readonly IptablesRule[], string>();

function printRules(chain: string, rules: readonly IptablesRule[]): string {
  const printed = printedRules.get(rules) ?? lines(rules.map((rule) => `-A ${chain} ${printRuleArgs(rule)}`));
  printedRules.set(rules, printed);
  return printed;
}

/** What a resource consists of, in lines. */
function body(resource: Resource): string {
  switch (resource.kind) {
    case 'file':
      return `mode ${resource.mode.toString(8).padStart(4, '0')}\n${trimmed(shown(resource.content))}`;
    case 'iptables-rules':
      return printRules(resource.chain, resource.rules);
    case 'unit':
      return 'enabled, running\n';
    case 'package':
      return 'installed, held\n';
    case 'foreign-firewall':
      return resource.stopped ? 'stopped, disabled\n' : 'as before konvoy\n';
    case 'cluster-member':
      return trimmed(printKubeadmDocuments([...resource.init, resource.join]));
    case 'node':
      return lines([
        ...Object.entries(resource.labels).map(([name, value]) => `label ${name}=${value}`),
        ...resource.taints.map(({ key, value, effect }) => `taint ${key}=${value}:${effect}`),
      ]);
    case 'kube-object':
      return yaml(resource.object);
    case 'pod-network':
      return [...resource.settings, resource.pool].map((object) => `---\n${yaml(object)}`).join('');
    case 'kube-secret':
      return lines(Object.entries(resource.values).map(([name, value]) => `${name}: ${value}`));
    case 'route-reflectors':
      return lines(resource.reflectors.length === 0 ? ['a mesh between all nodes'] : resource.reflectors);
    case 'helm-release':
      return `chart ${resource.chart.name} ${resource.chart.version}\n${yaml(hideSecretValues(resource.values))}`;
    case 'cluster-dns':
      return `${trimmed(maskCorefile(resource.corefile?.to ?? ''))}${
        resource.replicas === undefined ? '' : `replicas: ${resource.replicas}\n`
      }`;
    case 'kube-proxy':
      return yaml(resource.fields);
    case 'program':
      return `${resource.part.name} ${resource.part.version}\n`;
    case 'images':
      return lines(resource.images.map(printImageName));
    case 'sysctl':
      return `${resource.name} = ${resource.value}\n`;
    case 'kernel-module':
      return 'loaded, or built in\n';
    case 'swap':
      return resource.off ? 'off, also after a boot\n' : 'as before konvoy\n';
    case 'program-copy':
      return `a copy of ${resource.from}, unless a program is there already\n`;
    case 'security-group':
    case 'target-group':
    case 'load-balancer':
    case 'tags':
    case 'source-destination-check':
      return cloudBody(resource);
  }
}

/** What is in the cloud, as YAML of its own fields. */
function cloudBody(resource: CloudResource): string {
  const { kind: _kind, address: _address, host: _host, component: _component, because: _because, ...own } = resource;
  return yaml(own);
}

/** One resource as a person reads it: its address, then what it consists of. */
export function printResource(resource: Resource): string {
  return `# ${resource.address}\n${body(resource)}\n`;
}

export function resourceToJson(resource: Resource): Json {
  return {
    address: resource.address,
    kind: resource.kind,
    host: resource.host,
    component: resource.component,
    body: body(resource).split('\n').slice(0, -1),
  };
}
