import { dirname, join, resolve } from 'node:path';
import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import { FactUnreadable } from '../core/fact.ts';
import { Secret } from '../core/secret.ts';
import { hostsOfRole } from '../core/topology.ts';
import { ADMIN_CONF as ON_HOST } from '../facts/cluster-state.ts';
import { fileContent } from '../facts/file-content.ts';
import { ADMIN_CONF, type AdminConf, readAdminConf } from './admin-conf.ts';
import type { ClusterSession } from './cluster-session.ts';
import type { CliContext } from './context.ts';
import { KubeconfigInvalid } from './kubeconfig.ts';
import type { HostOptions } from './options.ts';
import { keepBackup, readPrivateFile, writePrivateFile } from './private-file.ts';
import type { Progress } from './render/progress.ts';

interface Fetch {
  readonly context: CliContext;
  readonly session: Pick<ClusterSession, 'cluster' | 'topology' | 'hosts' | 'observer' | 'limit'>;
  readonly options: Pick<HostOptions, 'config'>;
  readonly progress: Pick<Progress, 'report'>;
}

/**
 * Brings admin.conf into the folder of cluster.yaml, for its user alone, where it is missing there or differs from the
 * one of the first control-plane host that has it. One of another cluster is kept as a backup. Does nothing where
 * Kubernetes takes no part, or no control-plane host does.
 */
export async function fetchAdminConf({ context, session, options, progress }: Fetch): Promise<void> {
  if (session.cluster.components.every(({ stage }) => stage !== 'kubernetes')) return;
  const hosts = hostsOfRole(session.topology, 'control-plane')
    .map(({ address }) => address)
    .filter((address) => session.limit?.has(address) ?? true)
    .filter((address) => !session.observer.unreachable.has(address));
  if (hosts.length === 0) return;
  const note = (text: string) => progress.report({ is: 'note', text });
  const found = await findOnHosts(session, hosts);
  if (found === undefined) {
    note(`no control-plane host has given ${ON_HOST}: it was not fetched`);
    return;
  }
  const { certificateAuthority } = readAdminConf(`${found.host}:${ON_HOST}`, found.content.reveal());
  const path = join(dirname(resolve(context.cwd, options.config)), ADMIN_CONF);
  const before = await readPrivateFile(path);
  if (before !== undefined && before.text === found.content.reveal() && !before.isOpenToOthers) return;
  if (before !== undefined && authorityOf(path, before.text) !== certificateAuthority) {
    const copy = await keepBackup(path, new Secret(before.text), context.now());
    note(`${path} was not of this cluster: it is kept as ${copy}`);
  }
  await writePrivateFile(path, found.content);
  note(`fetched ${path} from ${found.host}; konvoy apply kubeconfig makes kubectl use it`);
}

/** A host that cannot be asked is no reason not to ask the next one. */
async function findOnHosts(
  { hosts }: Fetch['session'],
  addresses: readonly HostAddress[],
): Promise<{ host: HostAddress; content: Secret } | undefined> {
  for (const host of addresses) {
    try {
      const reader = await hosts.reader(host);
      const [output] = await reader.query([fileContent.command({ path: ON_HOST })]);
      const content = output === undefined ? undefined : fileContent.parse(output, { path: ON_HOST });
      if (content !== undefined) return { host, content: new Secret(content) };
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof FactUnreadable)) throw error;
    }
  }
  return undefined;
}

/** Undefined where it is no admin.conf at all. */
function authorityOf(path: string, text: string): AdminConf['certificateAuthority'] | undefined {
  try {
    return readAdminConf(path, text).certificateAuthority;
  } catch (error) {
    if (error instanceof KubeconfigInvalid) return undefined;
    throw error;
  }
}
