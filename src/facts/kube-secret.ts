import { type Fact, FactUnreadable } from '../core/fact.ts';
import { objectAt, textAt } from '../core/json.ts';
import { OBJECT_LABEL } from '../core/resource.ts';
import { Secret } from '../core/secret.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, NO_CLUSTER } from './cluster-state.ts';
import { objectsIn } from './kubectl-json.ts';

/** A Secret of the cluster. */
export interface KubeSecret {
  /** Whether konvoy has made it. */
  readonly ours: boolean;
  readonly type: string;
  readonly values: Readonly<Record<string, Secret>>;
}

const PROGRAM = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get secret --ignore-not-found --output=json --namespace="$2" "$3"`;

/** A Secret of the cluster; undefined where there is none, or no cluster. Asks the host's own API server. */
export const kubeSecret: Fact<
  { readonly address: string; readonly port: number; readonly namespace: string; readonly name: string },
  KubeSecret | undefined
> = {
  name: 'a Secret of the cluster',
  command: ({ address, port, namespace, name }) => ['sh', '-c', PROGRAM, 'sh', `${address}:${port}`, namespace, name],
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
