import { z } from 'zod';
import { judged, oneLine, secret } from '../../config/value-types.ts';
import { Secret } from '../../core/secret.ts';
import { parseRegistryServer } from './registry-server.ts';
import { readToml, secretTexts } from './toml-table.ts';

function registryServer() {
  return judged((value) => {
    if (parseRegistryServer(value) !== undefined) return undefined;
    const hint = 'write https://registry.example.com:5000; names and passwords have fields of their own';
    return { code: 'image-registry', message: 'must be http:// or https://, a host, and where needed a port', hint };
  });
}

/** One entry of `spec.imageRegistries`. */
export const imageRegistrySchema = z.strictObject({
  server: registryServer().describe(
    'Address of the registry: https://host:port, or http:// for one without TLS; without a scheme it is https. A path, such as /v2/mirror, says where the default registry has the images of others.',
  ),
  username: oneLine().optional().describe('User; wants a password.'),
  password: secret('Password. A secret.').optional(),
  auth: secret(
    'User and password, joined by a colon, in base64: instead of username and password. A secret.',
  ).optional(),
  identityToken: secret('Token, instead of username and password. A secret.').optional(),
  default: z
    .boolean()
    .default(false)
    .describe(
      'Whether every image is looked for here first, and at its own registry only where it is not. One at most.',
    ),
});

/** TOML text that is never shown, because credentials may stand in it. What names a secret in it is remembered as one. */
function containerdToml() {
  return judged((value) => {
    const read = readToml(value);
    if (!read.ok) return { code: 'containerd-config', message: `is no TOML: in its line ${read.line}, ${read.why}` };
    for (const text of secretTexts(read.table)) new Secret(text);
    return undefined;
  }).transform((text) => new Secret(text));
}

/** `spec.containerRuntime`. */
export const containerRuntimeSchema = z.strictObject({
  containerd: z
    .strictObject({
      version: oneLine()
        .optional()
        .describe('Ignored: hosts get the containerd of their distribution, or of the bundle’s packages.'),
      configData: z
        .strictObject({
          data: containerdToml().meta({
            description:
              'TOML text for /etc/containerd/config.toml, of version 2: tables are merged with what konvoy writes, everything else is replaced.',
          }),
          replace: z
            .boolean()
            .default(false)
            .describe('Whether the text is the whole file, and konvoy writes nothing.'),
        })
        .optional()
        .describe('Configuration of containerd.'),
    })
    .optional()
    .describe('containerd.'),
});
