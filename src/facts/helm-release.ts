import { parseAllDocuments } from 'yaml';
import { type Argv, type CommandOutput, type Fact, FactUnreadable } from '../core/fact.ts';
import { isJsonObject, type JsonObject, objectAt, textAt, toJson } from '../core/json.ts';
import { OBJECT_LABEL } from '../core/resource.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { joinLastWords } from './joint-words.ts';
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
  /** Undefined where Helm was killed at a moment when it has no revision that is not superseded. */
  readonly content: ReleaseContent | undefined;
}

/** In jsonpath a dot within a name has a backslash before it. */
const LABELS = ['version', 'status', OBJECT_LABEL.replaceAll('.', '\\.')].map((name) => `{.metadata.labels.${name}}`);
const ID = '{.metadata.namespace}/{.metadata.labels.name}';
const REVISIONS = `{range .items[*]}${[ID, ...LABELS].join('{"\\t"}')}{"\\n"}{end}`;
const CONTENTS = `{range .items[?(@.metadata.labels.status!="superseded")]}=${ID}/{.metadata.labels.version} {.data.release}{"\\n"}{end}`;

/**
 * Helm keeps each revision in a Secret of the type `helm.sh/release.v1`: JSON, compressed, and in base64 twice (once by
 * Helm, pkg/storage/driver, once by the API). One kubectl reads those of all releases that are asked for; Helm itself, which
 * takes three processes to say the same of one, is not needed. `$1` is the API's address with the port, behind it
 * `NAMESPACE/RELEASE` of each.
 */
const PROGRAM = [
  BELONGS_TO_NONE,
  `server=$1; shift; names=; for id; do names="$names,\${id##*/}"; done`,
  `found=$(kubectl --kubeconfig=${ADMIN_CONF} --server="https://$server" --request-timeout=5s get secrets --all-namespaces --selector="owner=helm,name in (\${names#,})" --output=jsonpath='${REVISIONS}${CONTENTS}') || exit 1`,
  `printf '%s\\n' "$found" | sed '/^=/d'`,
  `for id in $(printf '%s\\n' "$found" | sed -n 's/^=\\([^ ]*\\) .*/\\1/p'); do echo "=$id"; printf '%s\\n' "$found" | sed -n "s|^=$id ||p" | base64 -d | base64 -d | gzip -dc; echo; done`,
].join('; ');

function revisionOf(line: string): Revision {
  const [, number = '', status = '', component = ''] = line.split('\t');
  return { number: Number(number), status, component };
}

/** Kinds that no namespace holds, of those that charts bring. */
const CLUSTER_WIDE =
  /^(Cluster.*|.*WebhookConfiguration|CustomResourceDefinition|Namespace|Node|PersistentVolume|.*Class|APIService|ValidatingAdmissionPolicy.*|MutatingAdmissionPolicy.*)$/;

/** The objects of a manifest, as Helm prints it; those that name no namespace are in that of the release. */
export function objectsOf(manifest: string, namespace: string): readonly JsonObject[] {
  return parseAllDocuments(manifest).flatMap((document) => {
    const value = toJson(document.toJS());
    if (!isJsonObject(value) || typeof value.kind !== 'string') return [];
    if (CLUSTER_WIDE.test(value.kind) || textAt(value, 'metadata', 'namespace') !== undefined) return [value];
    return [{ ...value, metadata: { ...objectAt(value, 'metadata'), namespace } }];
  });
}

function contentOf(text: string, namespace: string): ReleaseContent {
  const release = parseJsonObject(text);
  const chart = textAt(release, 'chart', 'metadata', 'name');
  // Not what it printed: values may be secret.
  if (release === undefined || chart === undefined) throw new FactUnreadable('what Helm keeps of it is not legible');
  return {
    chart,
    version: textAt(release, 'chart', 'metadata', 'version') ?? '',
    values: objectAt(release, 'config'),
    objects: objectsOf(textAt(release, 'manifest') ?? '', namespace),
  };
}

/** What the program says of one release; undefined where there is none, or no cluster. */
function releaseIn({ exit, stdout, stderr }: CommandOutput, question: ReleaseQuestion): LiveRelease | undefined {
  if (exit === NO_CLUSTER) return undefined;
  if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
  const id = idOf(question);
  const lines = stdout.split('\n');
  const [newest, ...older] = lines
    .filter((line) => line.startsWith(`${id}\t`))
    .map(revisionOf)
    .sort((a, b) => b.number - a.number);
  if (newest === undefined) return undefined;
  const at = lines.indexOf(`=${id}/${newest.number}`);
  const content = at === -1 ? undefined : contentOf(lines[at + 1] ?? '', question.namespace);
  return { revisions: [newest, ...older], content };
}

function idOf({ namespace, release }: ReleaseQuestion): string {
  return `${namespace}/${release}`;
}

function command(question: ReleaseQuestion): Argv {
  return ['sh', '-c', PROGRAM, 'sh', `${question.address}:${question.port}`, idOf(question)];
}

/** A release as Helm keeps it in the cluster; undefined where there is none, or no cluster. */
export const helmRelease: Fact<ReleaseQuestion, LiveRelease | undefined> = {
  name: 'a release of Helm',
  command,
  parse: releaseIn,
  // Each picks its own out of what was said of all.
  joint: { join: joinLastWords, split: (output, questions) => questions.map(() => output) },
};
