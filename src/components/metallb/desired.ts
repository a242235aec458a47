import { addonHost, addonRelease } from '../../core/addon.ts';
import { hostResourceAddress } from '../../core/address.ts';
import { ADDON_NAMESPACE } from '../../core/helm-release.ts';
import type { JsonObject } from '../../core/json.ts';
import type { KubeSecretResource, Resource } from '../../core/resource.ts';
import { controlPlaneOf, type Topology } from '../../core/topology.ts';
import { chartValues } from './chart-values.ts';
import { dangersOf } from './dangers.ts';
import { keyOf, leavingObjects, livingObjects, referenceTo } from './living.ts';
import type { MetallbKind } from './objects.ts';
import { inPoolOrder } from './pool-order.ts';
import type { MetallbAddon } from './section.ts';
import { METALLB_CHART } from './versions.ts';

/** What nothing refers to goes first, what others refer to last. */
const FIRST_TO_LEAVE: readonly MetallbKind[] = ['L2Advertisement', 'BGPAdvertisement', 'BGPPeer', 'IPAddressPool'];

/** A Secret of this type is what a BGPPeer may refer to. */
const PASSWORD_TYPE = 'kubernetes.io/basic-auth';

/**
 * The release, and what MetalLB is told. In this order: what leaves makes room; then what others refer to comes before
 * those; and what nobody refers to any more goes at the end. Without the addon the release takes all objects with it, as
 * their kinds are part of the chart; passwords are not.
 */
export function desired(section: MetallbAddon | undefined, topology: Topology): readonly Resource[] {
  const host = section && addonHost(section, topology);
  if (section === undefined || host === undefined) return [];
  const { port } = controlPlaneOf(topology);
  const common = { host, port, component: 'metallb' } as const;
  const { values, wanted, path, enabled } = section;
  const release = addonRelease('metallb', section, topology, {
    chart: METALLB_CHART,
    values: chartValues(values, wanted, topology),
    serves: 'load-balancer-services',
  });
  const secret = (name: string, more: Pick<KubeSecretResource, 'ensure' | 'because' | 'values'>): Resource => ({
    ...common,
    ...more,
    kind: 'kube-secret',
    address: hostResourceAddress(host, 'kube-secret', `${ADDON_NAMESPACE}/${name}`),
    namespace: ADDON_NAMESPACE,
    name,
    type: PASSWORD_TYPE,
  });
  const passwords = enabled ? wanted.passwords : [];
  const leavingSecrets = (section.found?.secrets ?? [])
    .filter((name) => !passwords.some((password) => password.name === name))
    .map((name) => secret(name, { ensure: 'absent', because: path, values: {} }));
  if (!enabled) return [...release, ...leavingSecrets];

  const dangers = dangersOf(section);
  const resource = (
    named: { readonly kind: MetallbKind; readonly name: string },
    more: Pick<Resource, 'ensure' | 'because'> & { readonly object: JsonObject },
  ): Resource => ({
    ...common,
    ...more,
    kind: 'kube-object',
    address: hostResourceAddress(host, 'kube-object', `${named.kind}/${ADDON_NAMESPACE}/${named.name}`),
    rollsOut: false,
    ...(dangers.has(keyOf(named)) ? { dangers: dangers.get(keyOf(named)) ?? [] } : {}),
  });
  const leaving = leavingObjects(section).map((each) => ({
    kind: each.kind,
    resource: resource(each, { ensure: 'absent', because: path, object: referenceTo(each, ADDON_NAMESPACE) }),
  }));
  const atFirst = FIRST_TO_LEAVE.flatMap((kind) => leaving.filter((each) => each.kind === kind));
  const pools = inPoolOrder(
    wanted.objects.filter(({ kind }) => kind === 'IPAddressPool'),
    livingObjects(section),
  );
  const at = wanted.objects.findIndex(({ kind }) => kind === 'IPAddressPool');
  const others = wanted.objects.filter(({ kind }) => kind !== 'IPAddressPool');
  const inOrder = at === -1 ? others : [...others.slice(0, at), ...pools, ...others.slice(at)];
  return [
    ...release,
    ...passwords.map(({ name, password, because }) =>
      secret(name, { ensure: 'present', because, values: { password } }),
    ),
    ...atFirst.map((each) => each.resource),
    ...inOrder.map((each) => resource(each, { ensure: 'present', because: each.because, object: each.object })),
    ...leaving.filter((each) => !atFirst.includes(each)).map((each) => each.resource),
    ...leavingSecrets,
  ];
}
