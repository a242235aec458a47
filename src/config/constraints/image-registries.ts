import { parseRegistryServer } from '../../components/node-runtime/registry-server.ts';
import type { ConfigPath } from '../../core/address.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { revealText, type Text } from '../../core/secret.ts';
import type { ClusterDocument } from '../cluster-schema.ts';
import type { ConfigView } from '../constraint.ts';

type Registry = ClusterDocument['spec']['imageRegistries'][number];

const code = 'image-registry';

function isWritten(text: Text | undefined): boolean {
  return text !== undefined && revealText(text) !== '';
}

/** Whether a text is base64 of `user:password`, as `docker login` keeps it. */
function isUserAndPassword(auth: string): boolean {
  const text = auth.trim();
  return /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$|^[A-Za-z0-9+/]{2,3}={1,2}$/.test(text)
    ? atob(text).includes(':')
    : false;
}

/** What is wrong with a registry's credentials, and the field that shows it. */
function credentialProblem(registry: Registry): { field: keyof Registry; message: string; hint: string } | undefined {
  const [username, password, auth, token] = [
    isWritten(registry.username),
    isWritten(registry.password),
    isWritten(registry.auth),
    isWritten(registry.identityToken),
  ];
  const ways = [username || password, auth, token].filter(Boolean).length;
  if (ways > 1) {
    const field = auth ? 'auth' : 'identityToken';
    const hint = 'keep username and password, or auth, or identityToken';
    return { field, message: 'has more than one way to log in, and containerd would use one of them', hint };
  }
  if (username && !password) {
    return { field: 'username', message: 'has a username and no password', hint: 'write the password, too' };
  }
  if (password && !username) {
    return { field: 'password', message: 'has a password and no username', hint: 'write the username, too' };
  }
  if (auth && registry.auth !== undefined && !isUserAndPassword(registry.auth.reveal())) {
    const hint = 'printf %s USER:PASSWORD | base64, or write username and password';
    return { field: 'auth', message: 'has an auth that is not user:password in base64', hint };
  }
  return undefined;
}

/** Registries stand in the list once, one of them is the default, and each has one way to log in. */
export function imageRegistries(config: ConfigView): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const known = new Map<string, string>();
  let isDefaultTaken = false;
  for (const [index, registry] of config.cluster.spec.imageRegistries.entries()) {
    const path: ConfigPath = ['spec', 'imageRegistries', index];
    const name = registry.server;
    const severity = 'error';
    const problem = credentialProblem(registry);
    if (problem !== undefined) {
      const { field, message, hint } = problem;
      found.push({
        code,
        severity,
        message: `${name} ${message}`,
        hint,
        at: config.inCluster([...path, field], 'key'),
      });
    }
    if (registry.default && isDefaultTaken) {
      const message = `${name} is a second default registry`;
      const hint = 'one registry is asked first for every image: write default: true once';
      found.push({ code, severity, message, hint, at: config.inCluster([...path, 'default']) });
    }
    isDefaultTaken ||= registry.default;
    const parsed = parseRegistryServer(name);
    if (parsed !== undefined && parsed.path !== '' && !registry.default) {
      const message = `${name} has a path, and is not the default registry`;
      const hint = 'leave the path out: images name their folders themselves';
      found.push({ code, severity, message, hint, at: config.inCluster([...path, 'server']) });
    }
    for (const prefix of parsed?.prefixes ?? []) {
      const other = known.get(prefix);
      if (other === undefined) {
        known.set(prefix, name);
        continue;
      }
      const message = `${name} and ${other} are one registry, ${prefix}`;
      const at = config.inCluster([...path, 'server']);
      found.push({ code: 'duplicate-name', severity, message, hint: 'keep one of them', at });
      break;
    }
  }
  return found;
}
