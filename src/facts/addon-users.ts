import type { Fact } from '../core/fact.ts';
import { ADDON_NAMESPACE, type HelmRelease } from '../core/helm-release.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

interface UsersQuestion {
  readonly address: string;
  readonly port: number;
  readonly serves: HelmRelease['serves'];
}

const NAME = '{.metadata.namespace}/{.metadata.name}';

/** What is listed, and by which fields of it one sees whether it uses the addon. */
const LISTS = {
  'load-balancer-services': ['services', `{.spec.type}{"\\t"}${NAME}{"\\n"}`],
  ingresses: ['ingresses.networking.k8s.io', `{.spec.ingressClassName}{"\\t"}${NAME}{"\\n"}`],
} as const;

/** The type of such services, and the class of such Ingresses; one without a class is everybody's. */
const USES = {
  'load-balancer-services': (type: string) => type === 'LoadBalancer',
  ingresses: (className: string) => className === 'traefik' || className === '',
} as const;

/** Who uses what an addon serves, as `namespace/name`; addons themselves do not count. */
export const addonUsers: Fact<UsersQuestion, readonly string[]> = {
  name: 'what uses the addon',
  command({ address, port, serves }) {
    const [what, fields] = LISTS[serves];
    const program = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get "$2" --all-namespaces --output="jsonpath=$3"`;
    return ['sh', '-c', program, 'sh', `${address}:${port}`, what, `{range .items[*]}${fields}{end}`];
  },
  parse: (output, { serves }) =>
    linesOfCluster(output).flatMap((line) => {
      const [by = '', name = ''] = line.split('\t');
      return USES[serves](by) && !name.startsWith(`${ADDON_NAMESPACE}/`) ? [name] : [];
    }),
};
