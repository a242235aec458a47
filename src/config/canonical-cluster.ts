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
  forms.drop(
    ['spec', 'kubernetes', 'apiserver', 'targetRamMB'],
    'ignored: the API server has no --target-ram-mb any more, it sizes its caches by itself',
  );
  forms.drop(
    ['spec', 'containerRuntime', 'containerd', 'version'],
    'ignored: hosts get the containerd of their distribution, or of the bundle’s packages',
  );
  readKubeReserved(root, forms);
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

/** Konvoy had the text of a flag there, `cpu=200m,memory=1Gi`. */
function readKubeReserved(root: unknown, forms: FormerForms): void {
  const path: ConfigPath = ['spec', 'kubernetes', 'kubelet', 'kubeReserved'];
  const value = valueAt(root, path);
  if (typeof value === 'string') {
    const pairs = value.split(',').map((pair) => pair.split('=').map((word) => word.trim()));
    if (!pairs.every((pair) => pair.length === 2)) return;
    const message = 'spec.kubernetes.kubelet.kubeReserved is one text: it is read as a mapping';
    forms.tell('former-key', 'warning', path, message, 'write a mapping, such as cpu: 200m');
    forms.put(path, Object.fromEntries(pairs), path);
  } else if (isRecord(value)) {
    for (const [name, amount] of Object.entries(value)) if (typeof amount === 'number') value[name] = String(amount);
  }
}
