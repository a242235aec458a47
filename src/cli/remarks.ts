import { type Sections, visitComponents } from '../components/index.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Topology } from '../core/topology.ts';

/** What components have to say about a configuration beyond what validation says. */
export function remarksOf(sections: Sections, topology: Topology): readonly Diagnostic[] {
  return visitComponents(sections, (component, section) => component.remarks?.(section, topology) ?? []).flat();
}
