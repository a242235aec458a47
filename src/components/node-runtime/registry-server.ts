import { parseIpv4 } from '../../config/ipv4-range.ts';
import { isHostName } from '../../config/value-types.ts';

/** Where a registry of images answers. */
export interface RegistryServer {
  readonly scheme: 'http' | 'https';
  /** With its port, where one is written. */
  readonly host: string;
  /** Where the default registry has the images of others, as a root of its API: `/v2/mirror`. Empty: the usual `/v2`. */
  readonly path: string;
  /** What stands before the names of its images. */
  readonly prefixes: readonly string[];
}

/** One registry under several names: images say docker.io, and another host answers. */
const DOCKER_HUB = { prefix: 'docker.io', host: 'registry-1.docker.io', aliases: ['docker.io', 'index.docker.io'] };

const DEFAULT_PORT = { http: '80', https: '443' } as const;

/** Images may be named without the port that a scheme has by itself. */
function prefixesOf(host: string, scheme: 'http' | 'https'): readonly string[] {
  if (host === DOCKER_HUB.host) return [DOCKER_HUB.prefix];
  const [name = '', port] = host.split(':');
  return port === DEFAULT_PORT[scheme] ? [host, name] : [host];
}

/** Reads `https://registry.example.com:5000/v2/mirror`; without a scheme it is https. Undefined: it cannot be read. */
export function parseRegistryServer(text: string): RegistryServer | undefined {
  const match = /^(?:(https?):\/\/)?([A-Za-z0-9.-]+)(?::([1-9][0-9]{0,4}))?((?:\/[A-Za-z0-9._~-]+)*)\/?$/.exec(text);
  if (match === null) return undefined;
  const [, scheme = 'https', name = '', port, path = ''] = match;
  if (parseIpv4(name) === undefined && !isHostName(name)) return undefined;
  if (port !== undefined && Number(port) > 65535) return undefined;
  const written = `${name.toLowerCase()}${port === undefined ? '' : `:${port}`}`;
  const host = DOCKER_HUB.aliases.includes(written) ? DOCKER_HUB.host : written;
  const known = scheme === 'http' ? 'http' : 'https';
  return { scheme: known, host, path, prefixes: prefixesOf(host, known) };
}
