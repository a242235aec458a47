import { parseAllDocuments } from 'yaml';
import { type Fact, FactUnreadable } from '../core/fact.ts';
import { isJsonObject, type JsonObject, objectAt, textAt, toJson } from '../core/json.ts';
import { OBJECT_LABEL } from '../core/resource.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { parseJsonObject } from './kubectl-json.ts';

/** A release, and whose API server is asked about it. */
export interface ReleaseQuestion {
  readonly address: string;
  readonly port: number;
  readonly namespace: string;
  readonly release: string;
}

/** One revision of a release, as the labels of the Secret say it in which Helm keeps it. */
export interface Revision {
  readonly number: number;
  /** `deployed`, `superseded`, `failed`, `pending-install`, `pending-upgrade`, `pending-rollback`, `uninstalling` … */
  readonly status: string;
  /** The value of `OBJECT_LABEL`; empty where somebody else has made it. */
  readonly component: string;
}

/** What the newest revision is made of. */
export interface ReleaseContent {
  readonly chart: string;
  readonly version: string;
  readonly values: JsonObject;
  readonly objects: readonly JsonObject[];
}

/** A release as it is. */
export interface LiveRelease {
  /** The newest first; never empty. */
  readonly revisions: readonly [Revision, ...Revision[]];
  /** Undefined where the host has no Helm that could say it. */
  readonly content: ReleaseContent | undefined;
}

/** In jsonpath a dot within a name has a backslash before it. */
const LABELS = ['version', 'status', OBJECT_LABEL.replaceAll('.', '\\.')].map((name) => `{.metadata.labels.${name}}`);
const REVISIONS = `{range .items[*]}${LABELS.join('{"\\t"}')}{"\\n"}{end}`;
const MARK = '--';

/** `$1` the address of the API with the port, `$2` the namespace, `$3` the release. */
const PROGRAM = [
  BELONGS_TO_NONE,
  'server=$1; namespace=$2; release=$3',
  `found=$(kubectl --kubeconfig=${ADMIN_CONF} --server="https://$server" --request-timeout=5s get secrets --namespace="$namespace" --selector=owner=helm,name="$release" --output=jsonpath='${REVISIONS}') || exit 1`,
  '[ -n "$found" ] || exit 0',
  `printf '%s\\n' "$found"`,
  'command -v helm >/dev/null || exit 0',
  `h() { what=$1; shift; helm --kubeconfig=${ADMIN_CONF} --kube-apiserver="https://$server" --namespace="$namespace" get "$what" "$release" "$@"; }`,
  `echo '${MARK}'; h metadata --output=json && h values --output=json && h manifest`,
].join('; ');

function revisionOf(line: string): Revision {
  const [number = '', status = '', component = ''] = line.split('\t');
  return { number: Number(number), status, component };
}

/** Kinds that no namespace holds, of those that charts bring. */
const CLUSTER_WIDE =
  /^(Cluster.*|.*WebhookConfiguration|CustomResourceDefinition|Namespace|Node|PersistentVolume|.*Class|APIService|ValidatingAdmissionPolicy.*|MutatingAdmissionPolicy.*)$/;

/** The objects of a manifest; those that name no namespace are in that of the release. */
function objectsOf(manifest: string, namespace: string): readonly JsonObject[] {
  return parseAllDocuments(manifest).flatMap((document) => {
    const value = toJson(document.toJS());
    if (!isJsonObject(value) || typeof value.kind !== 'string') return [];
    if (CLUSTER_WIDE.test(value.kind) || textAt(value, 'metadata', 'namespace') !== undefined) return [value];
    return [{ ...value, metadata: { ...objectAt(value, 'metadata'), namespace } }];
  });
}

function contentOf(text: string, namespace: string): ReleaseContent {
  const [metadata = '', values = '', ...manifest] = text.split('\n');
  const about = parseJsonObject(metadata);
  const chart = textAt(about, 'chart');
  if (about === undefined || chart === undefined) {
    throw new FactUnreadable(`helm printed "${metadata.slice(0, 80)}"`);
  }
  return {
    chart,
    version: textAt(about, 'version') ?? '',
    values: parseJsonObject(values) ?? {},
    objects: objectsOf(manifest.join('\n'), namespace),
  };
}

/** A release as Helm keeps it in the cluster; undefined where there is none, or no cluster. */
export const helmRelease: Fact<ReleaseQuestion, LiveRelease | undefined> = {
  name: 'a release of Helm',
  command: ({ address, port, namespace, release }) => [
    'sh',
    '-c',
    PROGRAM,
    'sh',
    `${address}:${port}`,
    namespace,
    release,
  ],
  parse({ exit, stdout, stderr }, { namespace }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl or helm ended with exit code ${exit}`);
    const at = `\n${stdout}`.indexOf(`\n${MARK}\n`);
    const lines = at === -1 ? stdout : stdout.slice(0, at);
    const [newest, ...older] = lines
      .split('\n')
      .filter((line) => line !== '')
      .map(revisionOf)
      .sort((a, b) => b.number - a.number);
    if (newest === undefined) return undefined;
    const content = at === -1 ? undefined : contentOf(stdout.slice(at + MARK.length + 1), namespace);
    return { revisions: [newest, ...older], content };
  },
};
