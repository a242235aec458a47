import { CLOUD_CONTROLLER_IMAGE } from '../core/cloud-controller-image.ts';
import type { PinnedImage, PinnedProgram } from './pinned-part.ts';

const { repository, tag } = CLOUD_CONTROLLER_IMAGE;
const MODULE = 'k8s.io/cloud-provider-aws';

/** The cloud controller of AWS: it makes load balancers for Services. */
export const CLOUD_PROGRAM: PinnedProgram = {
  name: 'aws-cloud-controller-manager',
  version: tag.slice(1),
  licence: 'Apache-2.0',
  origin: `Go module ${MODULE}@${tag}`,
  module: 'cloud-provider-aws',
  package: `${MODULE}/cmd/aws-cloud-controller-manager`,
};

/** As its own Dockerfile puts it together. */
export const CLOUD_IMAGE: PinnedImage = {
  repository,
  tag,
  below: [],
  files: [{ is: 'program', program: CLOUD_PROGRAM.name, path: 'bin/aws-cloud-controller-manager' }],
  entrypoint: ['/bin/aws-cloud-controller-manager'],
};
