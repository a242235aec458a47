import { z } from 'zod';
import { matching } from '../../config/value-types.ts';
import { AWS_SERVICES } from './section.ts';

/** `ClusterProvisioner.spec.aws.serviceEndpoints`. */
export const serviceEndpointsSchema = z
  .array(
    z.strictObject({
      name: z.enum(AWS_SERVICES).describe('The service, as its own addresses name it.'),
      url: matching(
        /^https?:\/\/[A-Za-z0-9.:-]+(\/[A-Za-z0-9._/-]*)?$/,
        'a URL such as https://ec2.example.com',
      ).describe('Where it is.'),
    }),
  )
  .default([])
  .describe(
    'Other addresses of services of AWS, for konvoy and for the cloud controller: endpoints in a VPC, or somebody else who speaks AWS’s language. Left out: AWS’s own.',
  );

/** `ClusterProvisioner.spec.aws.cloudController`. */
export const cloudControllerSchema = z.strictObject({
  credentialsSecret: matching(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'the name of a Secret')
    .optional()
    .describe(
      'Secret in kube-system with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN). Left out: the role of the control planes’ instances.',
    ),
});
