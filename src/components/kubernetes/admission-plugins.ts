/**
 * Admission plugins of the API server by the minor release of Kubernetes, in the order in which it asks them
 * (pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins).
 */
const PLUGINS: Readonly<Record<string, readonly string[]>> = {
  '1.36': [
    'AlwaysAdmit',
    'NamespaceAutoProvision',
    'NamespaceLifecycle',
    'NamespaceExists',
    'LimitPodHardAntiAffinityTopology',
    'LimitRanger',
    'ServiceAccount',
    'NodeRestriction',
    'TaintNodesByCondition',
    'AlwaysPullImages',
    'ImagePolicyWebhook',
    'PodSecurity',
    'PodNodeSelector',
    'Priority',
    'DefaultTolerationSeconds',
    'PodTolerationRestriction',
    'EventRateLimit',
    'ExtendedResourceToleration',
    'DefaultStorageClass',
    'StorageObjectInUseProtection',
    'PodGroupProtection',
    'OwnerReferencesPermissionEnforcement',
    'PersistentVolumeClaimResize',
    'RuntimeClass',
    'CertificateApproval',
    'CertificateSigning',
    'ClusterTrustBundleAttest',
    'CertificateSubjectRestriction',
    'DefaultIngressClass',
    'DenyServiceExternalIPs',
    'PodTopologyLabels',
    'PodGroupWorkloadExists',
    'NodeDeclaredFeatureValidator',
    'JobValidation',
    'PodResizeValidator',
    'MutatingAdmissionPolicy',
    'MutatingAdmissionWebhook',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionWebhook',
    'ResourceQuota',
    'AlwaysDeny',
  ],
};

/** The admission plugins of a release; undefined for one whose plugins konvoy does not know. */
export function admissionPluginsOf(version: string): readonly string[] | undefined {
  return PLUGINS[version.split('.', 2).join('.')];
}
