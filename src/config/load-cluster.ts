import type { ConfigPath } from '../core/address.ts';
import type { Diagnostic, DocumentPlace } from '../core/diagnostic.ts';
import type { Provider } from '../core/topology.ts';
import { canonicalCluster } from './canonical-cluster.ts';
import type { Cluster } from './cluster.ts';
import { API_GROUP, type ClusterDocument, clusterSchema } from './cluster-schema.ts';
import { type Environment, fillFromEnvironment } from './environment-values.ts';
import { judgeShape, type Placer, unknownKey, valueAt } from './judge-shape.ts';
import { unknownKeys } from './known-keys.ts';
import { nearest } from './nearest.ts';
import { type ProvisionerDocument, provisionerSchema } from './provisioner-schema.ts';
import { readAddons } from './read-addons.ts';
import type { YamlSource } from './yaml-source.ts';
import { isRecord } from './yaml-values.ts';

const KINDS = ['ClusterConfiguration', 'ClusterProvisioner'];

/** cluster.yaml, read and judged by itself. */
export interface LoadedCluster {
  readonly cluster: Cluster | undefined;
  readonly diagnostics: readonly Diagnostic[];
  place(path: ConfigPath, target?: 'key' | 'value'): DocumentPlace;
  placeInProvisioner(path: ConfigPath, target?: 'key' | 'value'): DocumentPlace;
  isWritten(path: ConfigPath): boolean;
  isSound(path: ConfigPath): boolean;
}

/** Reads every document of cluster.yaml. */
export function loadCluster(source: YamlSource, environment: Environment = {}): LoadedCluster {
  const diagnostics: Diagnostic[] = [...source.diagnostics];
  const indexes = findDocuments(source, diagnostics);
  const clusterIndex = indexes.get('ClusterConfiguration');
  const provisionerIndex = indexes.get('ClusterProvisioner');
  const placeIn = (document: number | undefined): Placer => {
    return (path, target) => ({ file: source.file, document: document ?? 0, path, target });
  };
  const rawPlace = placeIn(clusterIndex);
  const where = (path: ConfigPath): string => {
    const { file, line, column } = source.locate(rawPlace(path, 'key'));
    return `${file}:${line}:${column}`;
  };
  const canonical =
    clusterIndex === undefined ? undefined : canonicalCluster(source.documents[clusterIndex], rawPlace, where);
  diagnostics.push(...(canonical?.diagnostics ?? []));
  const place: Placer = (path, target) => rawPlace(canonical?.origin(path) ?? path, target);
  if (canonical !== undefined) diagnostics.push(...fillFromEnvironment(canonical.value, environment, place));
  const judged = canonical === undefined ? undefined : judgeShape(clusterSchema, canonical.value, place);
  diagnostics.push(...(judged?.diagnostics ?? []));
  const refused: ConfigPath[] = [...(judged?.refused ?? [])];
  const provisioner = readProvisioner(source, provisionerIndex, placeIn(provisionerIndex), diagnostics);
  let cluster: Cluster | undefined;
  if (judged?.value !== undefined) {
    const embedded = (path: ConfigPath): YamlSource | undefined =>
      source.embedded(clusterIndex ?? 0, canonical?.origin(path) ?? path);
    const read = readAddons(judged.value.spec, embedded, place);
    diagnostics.push(...read.diagnostics);
    refused.push(...read.refused);
    cluster = makeCluster(judged.value, provisioner, read);
  }
  return {
    cluster,
    diagnostics,
    place: (path, target = 'value') => place(path, target),
    placeInProvisioner: (path, target = 'value') => placeIn(provisionerIndex)(path, target),
    isWritten: (path) => valueAt(canonical?.value, path) !== undefined,
    isSound: (path) => !refused.some((wrong) => startsWith(path, wrong) || startsWith(wrong, path)),
  };
}

function startsWith(path: ConfigPath, start: ConfigPath): boolean {
  return start.every((step, index) => step === path[index]);
}

function makeCluster(
  document: ClusterDocument,
  provisioner: ProvisionerDocument | undefined,
  read: Pick<Cluster, 'addons' | 'metallb'>,
): Cluster {
  const provider: Provider = provisioner?.spec.provider ?? document.spec.kubernetes.cloudProvider.provider ?? 'none';
  return {
    name: document.metadata.name,
    spec: document.spec,
    calico: document.spec.containerNetworking.calico,
    provisioner,
    provider,
    addons: read.addons,
    metallb: read.metallb,
  };
}

function findDocuments(source: YamlSource, diagnostics: Diagnostic[]): Map<string, number> {
  const found = new Map<string, number>();
  const unreadable = source.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  for (const [index, document] of source.documents.entries()) {
    if (document === null) continue;
    const at = (path: ConfigPath, target: 'key' | 'value' = 'value'): DocumentPlace => ({
      file: source.file,
      document: index,
      path,
      target,
    });
    const kind = valueAt(document, ['kind']);
    if (!isRecord(document) || kind === undefined) {
      const message = 'the document has no kind: it must be ClusterConfiguration or ClusterProvisioner';
      const hint = 'write kind: ClusterConfiguration and apiVersion: konvoy.mesosphere.io/v1beta2';
      diagnostics.push({ code: 'document-kind', severity: 'error', message, hint, at: at([]) });
    } else if (typeof kind !== 'string' || !KINDS.includes(kind)) {
      const near = typeof kind === 'string' ? nearest(kind, KINDS) : undefined;
      const message = `kind must be ${KINDS.join(' or ')}, not ${JSON.stringify(kind)}`;
      const hint = near === undefined ? 'remove the document' : `did you mean ${near}?`;
      diagnostics.push({ code: 'document-kind', severity: 'error', message, hint, at: at(['kind']) });
    } else if (found.has(kind)) {
      const message = `${kind} stands in the file a second time`;
      diagnostics.push({
        code: 'document-twice',
        severity: 'error',
        message,
        hint: 'keep one of them',
        at: at(['kind']),
      });
    } else {
      found.set(kind, index);
      judgeApiVersion(document, at, diagnostics);
    }
  }
  if (!found.has('ClusterConfiguration') && !unreadable && !diagnostics.some(({ code }) => code === 'document-kind')) {
    const message = 'there is no ClusterConfiguration in the file';
    const hint = 'konvoy init writes a file to start from';
    const at = { file: source.file, line: 1, column: 1 };
    diagnostics.push({ code: 'document-missing', severity: 'error', message, hint, at });
  }
  return found;
}

function judgeApiVersion(
  document: Record<string, unknown>,
  at: (path: ConfigPath) => DocumentPlace,
  diagnostics: Diagnostic[],
): void {
  if (document.apiVersion !== `${API_GROUP}/v1alpha1`) return;
  const message = 'v1alpha1 is the oldest version: it is read as v1beta2';
  const hint = `write apiVersion: ${API_GROUP}/v1beta2`;
  diagnostics.push({ code: 'api-version-old', severity: 'warning', message, hint, at: at(['apiVersion']) });
}

function readProvisioner(
  source: YamlSource,
  index: number | undefined,
  place: Placer,
  diagnostics: Diagnostic[],
): ProvisionerDocument | undefined {
  if (index === undefined) return undefined;
  const raw = source.documents[index];
  for (const path of unknownKeys(provisionerSchema, raw)) {
    diagnostics.push(
      unknownKey(provisionerSchema, path, 'warning', place, ': konvoy reads this document in part and ignores it'),
    );
  }
  const judged = judgeShape(provisionerSchema, raw, place);
  diagnostics.push(...judged.diagnostics);
  return judged.value;
}
