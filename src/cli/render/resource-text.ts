import { stringify } from 'yaml';
import type { CloudResource } from '../../core/cloud-resource.ts';
import { hideSecretValues } from '../../core/hide-secret-values.ts';
import { printRuleArgs } from '../../core/iptables-rule.ts';
import { maskCorefile } from '../../core/mask-corefile.ts';
import { printImageName, type Resource } from '../../core/resource.ts';
import { Secret, type Text } from '../../core/secret.ts';
import { printKubeadmDocuments } from '../../kinds/cluster-member/kubeadm.ts';
import type { Json } from './json-value.ts';

function shown(text: Text): string {
  return text instanceof Secret ? text.toString() : text;
}

function body(resource: Resource): readonly string[] {
  switch (resource.kind) {
    case 'file':
      return [`mode ${resource.mode.toString(8).padStart(4, '0')}`, ...shown(resource.content).trimEnd().split('\n')];
    case 'iptables-rules':
      return resource.rules.map((rule) => `-A ${resource.chain} ${printRuleArgs(rule)}`);
    case 'unit':
      return ['enabled, running'];
    case 'package':
      return ['installed, held'];
    case 'foreign-firewall':
      return [resource.stopped ? 'stopped, disabled' : 'as before konvoy'];
    case 'cluster-member':
      return printKubeadmDocuments([...resource.init, resource.join])
        .trimEnd()
        .split('\n');
    case 'node':
      return [
        ...Object.entries(resource.labels).map(([name, value]) => `label ${name}=${value}`),
        ...resource.taints.map(({ key, value, effect }) => `taint ${key}=${value}:${effect}`),
      ];
    case 'kube-object':
      return stringify(resource.object, { lineWidth: 0 }).trimEnd().split('\n');
    case 'pod-network':
      return [...resource.settings, resource.pool].flatMap((object) => [
        '---',
        ...stringify(object, { lineWidth: 0 }).trimEnd().split('\n'),
      ]);
    case 'kube-secret':
      return Object.entries(resource.values).map(([name, value]) => `${name}: ${value}`);
    case 'route-reflectors':
      return resource.reflectors.length === 0 ? ['a mesh between all nodes'] : [...resource.reflectors];
    case 'helm-release':
      return [
        `chart ${resource.chart.name} ${resource.chart.version}`,
        ...stringify(hideSecretValues(resource.values), { lineWidth: 0 }).trimEnd().split('\n'),
      ];
    case 'cluster-dns':
      return [
        ...maskCorefile(resource.corefile?.to ?? '')
          .trimEnd()
          .split('\n'),
        ...(resource.replicas === undefined ? [] : [`replicas: ${resource.replicas}`]),
      ];
    case 'kube-proxy':
      return stringify(resource.fields, { lineWidth: 0 }).trimEnd().split('\n');
    case 'program':
      return [`${resource.part.name} ${resource.part.version}`];
    case 'images':
      return resource.images.map(printImageName);
    case 'sysctl':
      return [`${resource.name} = ${resource.value}`];
    case 'kernel-module':
      return ['loaded, or built in'];
    case 'swap':
      return [resource.off ? 'off, also after a boot' : 'as before konvoy'];
    case 'program-copy':
      return [`a copy of ${resource.from}, unless a program is there already`];
    case 'security-group':
    case 'target-group':
    case 'load-balancer':
    case 'tags':
    case 'source-destination-check':
      return cloudBody(resource);
  }
}

/** What is in the cloud, as YAML of its own fields. */
function cloudBody(resource: CloudResource): readonly string[] {
  const { kind: _kind, address: _address, host: _host, component: _component, because: _because, ...own } = resource;
  return stringify(own, { lineWidth: 0 }).trimEnd().split('\n');
}

/** One resource as a person reads it: its address, then what it consists of. */
export function printResource(resource: Resource): string {
  return `# ${resource.address}\n${body(resource)
    .map((line) => `${line}\n`)
    .join('')}\n`;
}

export function resourceToJson(resource: Resource): Json {
  return {
    address: resource.address,
    kind: resource.kind,
    host: resource.host,
    component: resource.component,
    body: body(resource),
  };
}
