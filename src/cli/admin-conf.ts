import { isMap, type YAMLMap } from 'yaml';
import { Secret } from '../core/secret.ts';
import { ENTRY_KEYS, type EntryList, Kubeconfig } from './kubeconfig.ts';

/** What kubeadm's admin.conf is called in the working folder, too. */
export const ADMIN_CONF = 'admin.conf';

/** Values of a user that let somebody in. */
const CREDENTIALS = ['client-key-data', 'token', 'password'] as const;

/** What the file of a cluster's administrator has in it. */
export interface AdminConf {
  readonly cluster: YAMLMap;
  readonly user: YAMLMap;
  /** Base64 of the cluster's certificate authority: what tells one cluster from another. */
  readonly certificateAuthority: string;
}

/** Reads kubeadm's admin.conf. Its credentials are secrets from then on. Throws `KubeconfigInvalid` where something is missing. */
export function readAdminConf(file: string, text: string): AdminConf {
  const config = new Kubeconfig(file, text);
  hideCredentials(config);
  const current = config.document.get('current-context');
  const context = pickEntry(config, 'contexts', current, 'its current-context');
  const cluster = pickEntry(config, 'clusters', context.get('cluster'), 'its current context');
  const user = pickEntry(config, 'users', context.get('user'), 'its current context');
  const certificateAuthority = cluster.get('certificate-authority-data');
  if (typeof certificateAuthority !== 'string' || certificateAuthority === '') {
    throw config.wrong(cluster, 'the cluster has no certificate-authority-data');
  }
  return { cluster, user, certificateAuthority };
}

/** The redactor knows every key of the file, in each form that it could be printed in. */
function hideCredentials(config: Kubeconfig): void {
  for (const entry of config.entries('users')) {
    const user = config.follow(entry.get('user', true));
    if (!isMap(user)) continue;
    for (const name of CREDENTIALS) {
      const value = user.get(name);
      if (typeof value !== 'string') continue;
      new Secret(value);
      if (name === 'client-key-data') new Secret(Buffer.from(value, 'base64').toString('utf8'));
    }
  }
}

function pickEntry(config: Kubeconfig, list: EntryList, name: unknown, namedBy: string): YAMLMap {
  const entry = config.entries(list).find((each) => each.get('name') === name);
  const value = config.follow(entry?.get(ENTRY_KEYS[list], true));
  if (!isMap(value)) throw config.wrong(config.document.contents, `${namedBy} names nothing of its ${list}`);
  return value;
}
