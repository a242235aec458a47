import type { Fact } from '../core/fact.ts';
import { ADDON_NAMESPACE } from '../core/helm-release.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

interface WorkloadsQuestion {
  readonly address: string;
  readonly port: number;
  /** What its pods are called by `app.kubernetes.io/name`. */
  readonly name: string;
}

/** A Deployment or DaemonSet of an addon. */
export interface AddonWorkload {
  readonly name: string;
  readonly wanted: number;
  readonly ready: number;
  /** Of its first container. */
  readonly image: string;
}

const FIELDS = [
  '.metadata.name',
  '.spec.replicas',
  '.status.desiredNumberScheduled',
  '.status.readyReplicas',
  '.status.numberReady',
  '.spec.template.spec.containers[0].image',
];
const LINE = `{range .items[*]}${FIELDS.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;

/** What runs of an addon, and how much of it is ready. */
export const addonWorkloads: Fact<WorkloadsQuestion, readonly AddonWorkload[]> = {
  name: 'what runs of an addon',
  command({ address, port, name }) {
    const program = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s --namespace=${ADDON_NAMESPACE} get deployments,daemonsets --selector=app.kubernetes.io/name="$2" --output=jsonpath='${LINE}'`;
    return ['sh', '-c', program, 'sh', `${address}:${port}`, name];
  },
  parse: (output) =>
    linesOfCluster(output).map((line) => {
      const [name = '', replicas = '', scheduled = '', readyReplicas = '', ready = '', image = ''] = line.split('\t');
      return { name, wanted: Number(replicas || scheduled), ready: Number(readyReplicas || ready), image };
    }),
};
