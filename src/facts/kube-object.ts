import { type Argv, type CommandOutput, type Fact, FactUnreadable, type Joint } from '../core/fact.ts';
import { type JsonObject, objectAt } from '../core/json.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { joinLastWords, lastWords } from './joint-words.ts';
import { objectName, objectsIn, parseJsonObject } from './kubectl-json.ts';

/** The field manager of everything that konvoy applies: by it the API server knows which fields are ours. */
export const FIELD_MANAGER = 'konvoy';

/** An object, and whose API server is asked about it. */
export interface ObjectQuestion {
  /** The host itself: its own API server is asked. */
  readonly address: string;
  readonly port: number;
  readonly object: JsonObject;
}

/** What the API server would make of an object. */
export type DryRun =
  | { readonly is: 'applied'; readonly object: JsonObject }
  /** Fields that others own differ; the message names them. */
  | { readonly is: 'conflict'; readonly message: string };

/** Words of a shell: the API server's address stands in `$1`, each object, as JSON, is one word behind it. */
const KUBECTL = `server=$1; shift; k() { kubectl --kubeconfig=${ADMIN_CONF} --server=https://$server --request-timeout=30s "$@"; }`;
const ALL_OBJECTS = 'for object; do printf \'%s\\n\' "$object"; done';
const GET = `${BELONGS_TO_NONE}; ${KUBECTL}; ${ALL_OBJECTS} | k get --filename=- --ignore-not-found --show-managed-fields --output=json`;

/** Before what was said of one object, behind it the exit code. A printf whose format begins so would take it for an option. */
const MARK = '--konvoy ';
/** How kubectl says that the API server, which answers, refuses an object (pkg/cmd/util `StandardErrorMessage`), or knows no such kind. */
const REFUSED = `*conflict*|*'Error from server ('*|*' is invalid: '*|*'no matches for kind'*`;
/**
 * kubectl says nothing of any object when one of them is refused: then each is asked by itself, up to the first problem that
 * is no refusal.
 */
function dryRunProgram(write: string): string {
  const dryRun = `k ${write} --dry-run=server --output=json --filename=-`;
  return [
    KUBECTL,
    `out=$(${ALL_OBJECTS} | ${dryRun} 2>/dev/null) && { printf '%s\\n' "$out"; exit 0; }`,
    `for object; do out=$(printf '%s\\n' "$object" | ${dryRun} 2>&1); code=$?; case $code,$out in 0,*|${REFUSED}) ;; *) printf '%s\\n' "$out" >&2; exit 1 ;; esac; printf '%s%s\\n%s\\n' '${MARK}' "$code" "$out"; done`,
  ].join('; ');
}

/** What is enough to ask for an object. */
export function referenceOf(object: JsonObject): JsonObject {
  const { name = null, namespace } = objectAt(object, 'metadata');
  const { apiVersion = null, kind = null } = object;
  return { apiVersion, kind, metadata: namespace === undefined ? { name } : { name, namespace } };
}

function wordOf(word: string): JsonObject {
  return parseJsonObject(word) ?? {};
}

/** Gives each question of a common command the object that it is about. */
function objectsOf(output: CommandOutput, questions: readonly string[]): readonly (JsonObject | undefined)[] {
  const found = new Map(objectsIn(output.stdout).map((object) => [objectName(object), object]));
  return questions.map((word) => {
    const asked = wordOf(word);
    // Who names no namespace gets that one from kubectl, if the kind has any.
    const namespaced = { ...asked, metadata: { namespace: 'default', ...objectAt(asked, 'metadata') } };
    return found.get(objectName(asked)) ?? found.get(objectName(namespaced));
  });
}

function answered(object: JsonObject): CommandOutput {
  return { exit: 0, stdout: JSON.stringify(object), stderr: '' };
}

/** What kubectl says of kinds that the API server does not know, in one line or two. */
const NO_KIND = /no matches for kind|ensure CRDs are installed first/;

/** Whether kubectl complains of nothing else than kinds that are not there: these have no objects. */
function lacksKindsOnly({ exit, stderr }: CommandOutput): boolean {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return exit === 1 && lines.length > 0 && lines.every((line) => NO_KIND.test(line));
}

const liveJoint: Joint = {
  join: joinLastWords,
  split(output, questions) {
    const objects = objectsOf(output, lastWords(questions));
    return objects.map((object) => (object === undefined ? { ...output, stdout: '' } : answered(object)));
  },
};

function splitDryRun(output: CommandOutput, questions: readonly Argv[]): readonly CommandOutput[] {
  const words = lastWords(questions);
  if (!output.stdout.startsWith(MARK)) {
    return objectsOf(output, words).map((object) => (object === undefined ? output : answered(object)));
  }
  const parts = `\n${output.stdout}`.split(`\n${MARK}`).slice(1);
  return words.map((_, index) => ({ exit: 0, stdout: `${MARK}${parts[index] ?? '1\n'}`, stderr: '' }));
}

/** An object as it is, with the notes of who manages what; undefined where there is none, or no cluster. */
export const liveObject: Fact<ObjectQuestion, JsonObject | undefined> = {
  name: 'an object of the cluster',
  joint: liveJoint,
  command: ({ address, port, object }) => [
    'sh',
    '-c',
    GET,
    'sh',
    `${address}:${port}`,
    JSON.stringify(referenceOf(object)),
  ],
  parse(output) {
    const { exit, stdout, stderr } = output;
    if (exit === NO_CLUSTER) return undefined;
    const [found] = objectsIn(stdout);
    if (found !== undefined) return found;
    if (exit === 0 || lacksKindsOnly(output)) return undefined;
    throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
  },
};

/** What writing an object so would make of the one that is there: the API server writes nothing. */
function dryRunFact(name: string, write: string): Fact<ObjectQuestion, DryRun> {
  const program = dryRunProgram(write);
  return {
    name,
    // One of its own for each: only questions with the same flags go together.
    joint: { join: joinLastWords, split: splitDryRun },
    command: ({ address, port, object }) => ['sh', '-c', program, 'sh', `${address}:${port}`, JSON.stringify(object)],
    parse: parseDryRun,
  };
}

function parseDryRun({ exit, stdout, stderr }: CommandOutput): DryRun {
  const marked = new RegExp(`^${MARK}(\\d+)\\n([^]*)$`).exec(stdout);
  const code = marked === null ? exit : Number(marked[1]);
  const text = marked?.[2] ?? stdout;
  if (code !== 0) {
    const message = (marked === null ? stderr : text).trim();
    if (/conflict/.test(message)) return { is: 'conflict', message };
    throw new FactUnreadable(message || `kubectl ended with exit code ${code}`);
  }
  const [object] = objectsIn(text);
  if (object === undefined) throw new FactUnreadable('kubectl printed no object');
  return { is: 'applied', object };
}

/** An object as konvoy's apply would make it. */
export const dryRunObject = dryRunFact(
  'an object as it would be',
  `apply --server-side --field-manager=${FIELD_MANAGER}`,
);

/** The field manager of what Helm writes. */
export const HELM_MANAGER = 'helm';

/** How Helm's own objects are written beside Helm: under its name, and over what others have made of them. */
export const HELM_APPLY_FLAGS = `--field-manager=${HELM_MANAGER} --force-conflicts`;

/** An object of a release as the release wants it; what others have added to it stays. */
export const dryRunHelmObject = dryRunFact(
  'an object of a release as it would be',
  `apply --server-side ${HELM_APPLY_FLAGS}`,
);

/** What the API server would make of a whole object in the place of the one that is there, as Helm writes it. */
export const dryRunHelmReplacement = dryRunFact(
  'an object of a release as its chart would make it',
  `replace --field-manager=${HELM_MANAGER}`,
);
