import { objectNameOf } from '../../components/metallb/object-names.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ConfigView } from '../constraint.ts';

/** Pools and BFD profiles of configInline have names of their own, also after they became names in Kubernetes. */
export function metallbNames(config: ConfigView): readonly Diagnostic[] {
  const { metallb } = config.cluster;
  if (metallb === undefined) return [];
  const { 'address-pools': pools, 'bfd-profiles': profiles } = metallb.config;
  const list = (what: string, key: string, all: readonly { readonly name: string }[]) =>
    judgeNames(config, what, [...metallb.path, key], all);
  return [...list('address pool', 'address-pools', pools), ...list('BFD profile', 'bfd-profiles', profiles)];
}

function judgeNames(
  config: ConfigView,
  what: string,
  path: ConfigPath,
  all: readonly { readonly name: string }[],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const names = new Map<string, string>();
  for (const [index, { name }] of all.entries()) {
    const at = config.inCluster([...path, index, 'name']);
    const becomes = objectNameOf(name);
    const other = names.get(becomes);
    if (becomes === '') {
      const message = `the ${what} ${name} has no letter in its name: Kubernetes has no name for it`;
      found.push({ code: 'invalid-value', severity: 'error', message, hint: 'begin it with a letter', at });
    } else if (other !== undefined) {
      const message =
        other === name
          ? `the ${what} ${name} stands in the list a second time`
          : `the ${what}s ${other} and ${name} get the same name in Kubernetes: ${becomes}`;
      found.push({ code: 'duplicate-name', severity: 'error', message, hint: 'rename one of them', at });
    } else if (becomes !== name) {
      const message = `the ${what} ${name} is named ${becomes} in Kubernetes`;
      const hint = `write ${becomes}, also into annotations of Services that name it`;
      found.push({ code: 'metallb-renamed', severity: 'warning', message, hint, at });
    }
    names.set(becomes, name);
  }
  return found;
}
