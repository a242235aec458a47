import type { ImageName } from './resource.ts';

/**
 * The cloud controller of AWS, under the name that its own releases have. Its minor version is that of Kubernetes
 * (https://github.com/kubernetes/cloud-provider-aws#compatibility-with-kubernetes).
 */
export const CLOUD_CONTROLLER_IMAGE: ImageName = {
  repository: 'registry.k8s.io/provider-aws/cloud-controller-manager',
  tag: 'v1.36.1',
};
