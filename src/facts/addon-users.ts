import type { Fact } from '../core/fact.ts';
import { ADDON_NAMESPACE, type HelmRelease } from '../core/helm-release.ts';
import { type JsonObject, jsonAt, objectAt, textAt } from '../core/json.ts';
import { ADMIN_CONF, BELONGS_TO_NONE, linesOfCluster } from './cluster-state.ts';

interface UsersQuestion {
  readonly address: string;
  readonly port: number;
  readonly serves: HelmRelease['serves'];
  /** Of the release that is there. */
  readonly values: JsonObject;
}

const NAME = '{.metadata.namespace}/{.metadata.name}';
const KIND = '{.kind}';
/** In jsonpath a dot within a name has a backslash before it. */
const CLASS_ANNOTATION = '{.metadata.annotations.kubernetes\\.io/ingress\\.class}';

/** What is listed, and by which fields of it one sees whether it uses the addon. */
const LISTS = {
  'load-balancer-services': ['services', [NAME, '{.spec.type}']],
  ingresses: [
    'ingressclasses.networking.k8s.io,ingresses.networking.k8s.io',
    [NAME, KIND, '{.spec.controller}', '{.spec.ingressClassName}', CLASS_ANNOTATION],
  ],
} as const;

/** Whose Ingresses are served. */
interface ServedClasses {
  /** What an IngressClass says as its controller. */
  readonly controllers: readonly string[];
  /** Of classes that are known by their name alone. */
  readonly names: readonly string[];
}

/**
 * The classes of Traefik 3, and where its provider for Ingresses with annotations of ingress-nginx is enabled, that one's,
 * with the defaults of its chart (https://doc.traefik.io/traefik/reference/install-configuration/providers/kubernetes/kubernetes-ingress-nginx/).
 */
function servedClasses(values: JsonObject): ServedClasses {
  const traefik = { controllers: ['traefik.io/ingress-controller'], names: ['traefik'] };
  const nginx = objectAt(values, 'providers', 'kubernetesIngressNGINX');
  if (jsonAt(nginx, 'enabled') !== true) return traefik;
  return {
    controllers: [...traefik.controllers, textAt(nginx, 'controllerClass') ?? 'k8s.io/ingress-nginx'],
    names: [...traefik.names, textAt(nginx, 'ingressClass') ?? 'nginx'],
  };
}

type Line = readonly string[];

/** One without a class is everybody's. */
function usesIngresses(lines: readonly Line[], values: JsonObject): readonly Line[] {
  const { controllers, names } = servedClasses(values);
  const ofControllers = lines.flatMap(([name = '', kind, controller = '']) =>
    kind === 'IngressClass' && controllers.includes(controller) ? [name.slice(name.indexOf('/') + 1)] : [],
  );
  const served = ['', ...names, ...ofControllers];
  return lines.filter(
    ([, kind, , className = '', annotation = '']) => kind === 'Ingress' && served.includes(className || annotation),
  );
}

const USES = {
  'load-balancer-services': (lines: readonly Line[]) => lines.filter(([, type]) => type === 'LoadBalancer'),
  ingresses: usesIngresses,
} as const;

/** Who uses what an addon serves, as `namespace/name`; addons themselves do not count. */
export const addonUsers: Fact<UsersQuestion, readonly string[]> = {
  name: 'what uses the addon',
  command({ address, port, serves }) {
    const [what, fields] = LISTS[serves];
    const program = `${BELONGS_TO_NONE}; exec kubectl --kubeconfig=${ADMIN_CONF} --server=https://$1 --request-timeout=5s get "$2" --all-namespaces --output="jsonpath=$3"`;
    const line = fields.join('{"\\t"}');
    return ['sh', '-c', program, 'sh', `${address}:${port}`, what, `{range .items[*]}${line}{"\\n"}{end}`];
  },
  parse(output, { serves, values }) {
    const lines = linesOfCluster(output).map((line) => line.split('\t'));
    const names = USES[serves](lines, values).map(([name = '']) => name);
    return names.filter((name) => !name.startsWith(`${ADDON_NAMESPACE}/`));
  },
};
