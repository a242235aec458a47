import { type Argv, type CommandOutput, type Fact, FactUnreadable } from '../core/fact.ts';
import { objectAt, textAt } from '../core/json.ts';
import { OBJECT_LABEL } from '../core/resource.ts';
import { Secret } from '../core/secret.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { joinLastWords, lastWords } from './joint-words.ts';
import { objectName, objectsIn } from './kubectl-json.ts';

/** A Secret of the cluster. */
export interface KubeSecret {
  /** Whether konvoy has made it. */
  readonly ours: boolean;
  readonly type: string;
  readonly values: Readonly<Record<string, Secret>>;
}

/** `$1` is the API's address with the port, behind it `NAMESPACE/NAME` of each. One kubectl reads them all. */
const PROGRAM = [
  BELONGS_TO_NONE,
  'server=$1; shift',
  `for id; do printf '{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"%s","name":"%s"}}\\n' "\${id%/*}" "\${id##*/}"; done | kubectl --kubeconfig=${ADMIN_CONF} --server="https://$server" --request-timeout=5s get --filename=- --ignore-not-found --output=json`,
].join('; ');

/** Gives each question the Secret that it is about. */
function split(output: CommandOutput, questions: readonly Argv[]): readonly CommandOutput[] {
  if (output.exit !== 0) return questions.map(() => output);
  const found = objectsIn(output.stdout);
  return lastWords(questions).map((id) => {
    const own = found.find((object) => objectName(object) === `Secret ${id}`);
    return { ...output, stdout: own === undefined ? '' : JSON.stringify(own) };
  });
}

/** A Secret of the cluster; undefined where there is none, or no cluster. Asks the host's own API server. */
export const kubeSecret: Fact<
  { readonly address: string; readonly port: number; readonly namespace: string; readonly name: string },
  KubeSecret | undefined
> = {
  name: 'a Secret of the cluster',
  joint: { join: joinLastWords, split },
  command: ({ address, port, namespace, name }) => [
    'sh',
    '-c',
    PROGRAM,
    'sh',
    `${address}:${port}`,
    `${namespace}/${name}`,
  ],
  parse({ exit, stdout, stderr }) {
    if (exit === NO_CLUSTER) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `kubectl ended with exit code ${exit}`);
    const [found] = objectsIn(stdout);
    if (found === undefined) return undefined;
    const values = Object.entries(objectAt(found, 'data')).map(([name, encoded]) => {
      // As it is printed and as it is meant: neither may be shown.
      const text = new Secret(String(encoded)).reveal();
      return [name, new Secret(Buffer.from(text, 'base64').toString('utf8'))];
    });
    return {
      ours: textAt(found, 'metadata', 'labels', OBJECT_LABEL) !== undefined,
      type: textAt(found, 'type') ?? 'Opaque',
      values: Object.fromEntries(values),
    };
  },
};
