import { printRuleArgs } from '../../core/iptables-rule.ts';
import type { Resource } from '../../core/resource.ts';
import { Secret, type Text } from '../../core/secret.ts';
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
    case 'sysctl':
      return [`${resource.name} = ${resource.value}`];
    case 'kernel-module':
      return ['loaded, or built in'];
    case 'swap':
      return [resource.off ? 'off, also after a boot' : 'as before konvoy'];
    case 'program-copy':
      return [`a copy of ${resource.from}, unless a program is there already`];
  }
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
