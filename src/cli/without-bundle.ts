import type { Diagnostic } from '../core/diagnostic.ts';
import type { Resource } from '../core/resource.ts';
import type { BoundComponent } from '../engine/bound-component.ts';
import type { Planned } from '../engine/plan.ts';

/** The same component in a run without a bundle: hosts pull images from their registries, and nobody carries any to them. */
export function withoutImages(component: BoundComponent): BoundComponent {
  return {
    ...component,
    settle(facts, random) {
      const wanted = component.settle(facts, random);
      return { ...wanted, resources: wanted.resources.filter(({ kind }) => kind !== 'images') };
    },
  };
}

const REMARK: Diagnostic = {
  code: 'no-bundle',
  severity: 'info',
  message:
    'no bundle is named: programs are downloaded from the releases of their makers, and hosts pull container images from their registries themselves',
  hint: '--bundle DIR or KONVOY_BUNDLE brings both along; --download-mirror and spec.imageRegistries name servers of your own',
};

/** Adds where programs and images come from, to a plan in which hosts get some. */
export function tellOfDownloads(planned: Planned): Planned {
  const { plan } = planned;
  if (!plan.changes.some(({ resource }) => getsSoftware(resource))) return planned;
  return { ...planned, plan: { ...plan, diagnostics: [...plan.diagnostics, REMARK] } };
}

/** Members pull images when they join or are upgraded. */
function getsSoftware({ kind, ensure }: Resource): boolean {
  return ensure === 'present' && (kind === 'program' || kind === 'cluster-member');
}
