import { CLOUD_CONTROLLER_IMAGE } from '../../core/cloud-controller-image.ts';
import type { JsonObject } from '../../core/json.ts';
import { OBJECT_LABEL, printImageName } from '../../core/resource.ts';
import { UNINITIALIZED_TAINT } from '../../facts/cluster-state.ts';

const NAMESPACE = 'kube-system';
const ACCOUNT = 'cloud-controller-manager';
const ROLE = 'system:cloud-controller-manager';
export const DAEMON_SET = 'aws-cloud-controller-manager';
const CONFIG_MAP = 'aws-cloud-config';
const CONFIG_KEY = 'cloud.conf';
const CONFIG_FOLDER = '/etc/kubernetes/cloud-config';
/** In the template of its pods: another value makes new pods, because the controller reads its configuration once. */
const CONFIG_ANNOTATION = 'konvoy.mesosphere.com/cloud-config';
/** The usual port of cloud controllers (k8s.io/cloud-provider, CloudControllerManagerPort). */
const PORT = 10258;

const subjects = [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: NAMESPACE }];
const RBAC = 'rbac.authorization.k8s.io';

function roleRef(kind: string, name: string): JsonObject {
  return { apiGroup: RBAC, kind, name };
}

/** What its controllers do: nodes are initialised, and removed with their machines; services get their load balancers. */
const RULES = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'update', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch', 'update', 'patch'] },
  { apiGroups: [''], resources: ['services/status'], verbs: ['update', 'patch'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'update', 'patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'get', 'list', 'watch', 'update'] },
];

/** It runs where no other pod may yet: before there is a network, on nodes that it has to initialise itself. */
const TOLERATIONS = [
  { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
  { key: UNINITIALIZED_TAINT, operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' },
];

/** With keys of its own it asks no metadata service, and does not fall back to the role of its instance without a word. */
function credentialsFrom(secret: string | undefined): JsonObject {
  if (secret === undefined) return {};
  return {
    env: [{ name: 'AWS_EC2_METADATA_DISABLED', value: 'true' }],
    envFrom: [{ secretRef: { name: secret } }],
  };
}

function container(clusterName: string, credentialsSecret: string | undefined): JsonObject {
  return {
    name: DAEMON_SET,
    image: printImageName(CLOUD_CONTROLLER_IMAGE),
    imagePullPolicy: 'IfNotPresent',
    args: [
      '--cloud-provider=aws',
      `--cloud-config=${CONFIG_FOLDER}/${CONFIG_KEY}`,
      `--cluster-name=${clusterName}`,
      // Routes of pods are Calico's.
      '--configure-cloud-routes=false',
      '--allocate-node-cidrs=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${PORT}`,
      '--v=2',
    ],
    ...credentialsFrom(credentialsSecret),
    readinessProbe: { httpGet: { scheme: 'HTTPS', host: '127.0.0.1', port: PORT, path: '/healthz' }, periodSeconds: 3 },
    resources: { requests: { cpu: '100m', memory: '64Mi' } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'config', mountPath: CONFIG_FOLDER, readOnly: true }],
  };
}

/** What the controller is made of, in the order in which it can be made. */
export function controllerObjects(given: {
  readonly clusterName: string;
  readonly cloudConfig: string;
  readonly credentialsSecret: string | undefined;
}): readonly JsonObject[] {
  const metadata = (name: string) => ({ name, labels: { [OBJECT_LABEL]: 'cloud-controller' } });
  const namespaced = (name: string) => ({ ...metadata(name), namespace: NAMESPACE });
  const app = { 'k8s-app': DAEMON_SET };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: namespaced(ACCOUNT) },
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: metadata(ROLE), rules: RULES },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: metadata(ROLE),
      roleRef: roleRef('ClusterRole', ROLE),
      subjects,
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: namespaced('cloud-controller-manager:apiserver-authentication-reader'),
      roleRef: roleRef('Role', 'extension-apiserver-authentication-reader'),
      subjects,
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: namespaced(CONFIG_MAP),
      data: { [CONFIG_KEY]: given.cloudConfig },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: namespaced(DAEMON_SET),
      spec: {
        selector: { matchLabels: app },
        template: {
          metadata: { labels: app, annotations: { [CONFIG_ANNOTATION]: given.cloudConfig } },
          spec: {
            serviceAccountName: ACCOUNT,
            nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
            tolerations: TOLERATIONS,
            priorityClassName: 'system-cluster-critical',
            hostNetwork: true,
            // The names of AWS are asked of the hosts' servers: those of the cluster come later.
            dnsPolicy: 'Default',
            securityContext: { runAsNonRoot: true, runAsUser: 65532 },
            containers: [container(given.clusterName, given.credentialsSecret)],
            volumes: [{ name: 'config', configMap: { name: CONFIG_MAP } }],
          },
        },
      },
    },
  ];
}
