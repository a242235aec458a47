import type { Diagnostic } from '../../core/diagnostic.ts';
import { MANAGED_ADDONS } from '../addon-sections.ts';
import type { ConfigView } from '../constraint.ts';
import { nearest } from '../nearest.ts';

/** Addons of Konvoy 1.x beside networking (kubernetes-base-addons and kubeaddons-dispatch, -kommander). */
const KONVOY_ADDONS: readonly string[] = [
  'ambassador',
  'awsebscsiprovisioner',
  'awsebsprovisioner',
  'azuredisk-csi-driver',
  'azurediskprovisioner',
  'cert-manager',
  'conductor',
  'dashboard',
  'defaultstorageclass-protection',
  'dex',
  'dex-k8s-authenticator',
  'dispatch',
  'elasticsearch',
  'elasticsearch-curator',
  'elasticsearchexporter',
  'external-dns',
  'flagger',
  'fluentbit',
  'gatekeeper',
  'gcpdisk-csi-driver',
  'gcpdiskprovisioner',
  'grafana-loki',
  'istio',
  'jaeger',
  'karma',
  'kibana',
  'knative',
  'kommander',
  'konvoyconfig',
  'kube-oidc-proxy',
  'kudo',
  'localvolumeprovisioner',
  'minio',
  'nfs-server-provisioner',
  'nvidia',
  'opsportal',
  'prometheus',
  'prometheusadapter',
  'reloader',
  'spark',
  'tekton',
  'thanos',
  'traefik-forward-auth',
  'velero',
];

/** Konvoy's addons beside networking are left alone, which one warning says; any other name is a mistake. */
export function addonsKnown(config: ConfigView): readonly Diagnostic[] {
  const others = config.cluster.addons.filter(({ name }) => !MANAGED_ADDONS.includes(name));
  const [known, unknown] = [
    others.filter(({ name }) => KONVOY_ADDONS.includes(name)),
    others.filter(({ name }) => !KONVOY_ADDONS.includes(name)),
  ];
  const [first] = known;
  const left: Diagnostic[] =
    first === undefined
      ? []
      : [
          {
            code: 'addon-not-managed',
            severity: 'warning',
            message: `konvoy sets up networking only and leaves these addons alone: ${known.map(({ name }) => name).join(', ')}`,
            at: config.inCluster([...first.path, 'name']),
          },
        ];
  return [
    ...left,
    ...unknown.map(({ name, path }): Diagnostic => {
      const near = nearest(name, [...MANAGED_ADDONS, ...KONVOY_ADDONS]);
      const hint = near === undefined ? 'remove it' : `did you mean ${near}?`;
      const message = `there is no addon ${name}; konvoy has ${MANAGED_ADDONS.join(' and ')}`;
      return { code: 'addon-unknown', severity: 'error', message, hint, at: config.inCluster([...path, 'name']) };
    }),
  ];
}
