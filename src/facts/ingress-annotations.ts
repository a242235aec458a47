import { type Fact, FactUnreadable } from '../core/fact.ts';
import type { ApiAddress } from './kubectl-question.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

/** An Ingress with the names and values of its annotations. */
export interface AnnotatedIngress {
  /** `namespace/name`. */
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const LINE = '{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\t"}{.metadata.annotations}{"\\n"}{end}';

function annotationsIn(text: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, String(of)]));
  } catch {
    throw new FactUnreadable(`kubectl printed "${text.slice(0, 80)}"`);
  }
}

/** Every Ingress of the cluster. */
export const ingressAnnotations: Fact<ApiAddress, readonly AnnotatedIngress[]> = {
  name: 'annotations of Ingresses',
  command({ address, port }) {
    const program = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get ingresses.networking.k8s.io --all-namespaces --output=jsonpath='${LINE}'`;
    return ['sh', '-c', program, 'sh', `${address}:${port}`];
  },
  parse: (output) =>
    linesOfCluster(output).map((line) => {
      const [name = '', annotations = ''] = line.split('\t');
      return { name, annotations: annotationsIn(annotations) };
    }),
};
