import type { ConfigPath } from '../core/address.ts';
import { type CanonicalForm, FormerForms } from './former-forms.ts';
import { type Placer, valueAt } from './judge-shape.ts';
import { isRecord } from './yaml-values.ts';

const KEEPALIVED: ConfigPath = ['spec', 'kubernetes', 'controlPlane', 'keepalived'];

/** Brings a ClusterConfiguration of any Konvoy version, in any of its accepted spellings, into the canonical form. */
export function canonicalCluster(raw: unknown, place: Placer, where: (path: ConfigPath) => string): CanonicalForm {
  const root = structuredClone(raw);
  const forms = new FormerForms(root, place, where);
  forms.alias(['spec', 'kubernetes', 'iptables'], ['spec', 'kubernetes', 'networking', 'iptables']);
  forms.alias(['spec', 'kubernetes', 'containerNetworking'], ['spec', 'containerNetworking']);
  readAddons(root, forms);
  readKeepalived(root, forms);
  forms.drop(
    ['spec', 'kubernetes', 'podSecurityPolicy'],
    'ignored: Kubernetes has no such thing any more (since 1.25)',
  );
  forms.textAsList(['spec', 'kubernetes', 'preflightChecks', 'errorsToIgnore']);
  forms.textAsList(['spec', 'kubernetes', 'networking', 'noProxy']);
  forms.dropEmpty((path) => path.join('.') === KEEPALIVED.join('.') || path.join('.') === 'metadata.creationTimestamp');
  return { value: root, diagnostics: forms.diagnostics, origin: (path) => forms.origin(path) };
}

function readAddons(root: unknown, forms: FormerForms): void {
  const addons = valueAt(root, ['spec', 'addons']);
  const spec = valueAt(root, ['spec']);
  if (isRecord(addons) && isRecord(spec)) {
    forms.tell(
      'former-spelling',
      'warning',
      ['spec', 'addons'],
      'spec.addons is one mapping: it is read as a list of one',
      'write a list',
    );
    spec.addons = [addons];
    forms.put(['spec', 'addons', 0], addons, ['spec', 'addons']);
  }
  const list = valueAt(root, ['spec', 'addons']);
  if (!Array.isArray(list) || valueAt(root, ['apiVersion']) !== 'konvoy.mesosphere.io/v1beta2') return;
  for (const index of list.keys()) {
    const path = ['spec', 'addons', index, 'helmRepository'];
    if (valueAt(root, path) === undefined) continue;
    forms.tell(
      'former-key',
      'warning',
      forms.origin(path),
      'helmRepository is called addonRepository in v1beta2: read as that',
      'rename it',
    );
  }
}

function readKeepalived(root: unknown, forms: FormerForms): void {
  const controlPlane = valueAt(root, KEEPALIVED.slice(0, -1));
  if (!isRecord(controlPlane) || !Object.hasOwn(controlPlane, 'keepalived')) return;
  if (controlPlane.keepalived === null) controlPlane.keepalived = {};
  const keepalived = controlPlane.keepalived;
  if (!isRecord(keepalived) || typeof keepalived.enabled !== 'boolean') return;
  const path = [...KEEPALIVED, 'enabled'];
  if (keepalived.enabled) {
    forms.drop(path, 'not needed: the presence of keepalived switches it on');
  } else {
    forms.drop(path, 'read as if keepalived were not written at all');
    delete controlPlane.keepalived;
  }
}
