import { OWNERSHIP_COMMENT } from '../../core/resource.ts';
import { revealText, Secret, type Text } from '../../core/secret.ts';
import { CONTAINERD_UNIT } from './containerd-config.ts';
import type { Proxies } from './section.ts';

export const PROXY_DROP_IN_PATH = `/etc/systemd/system/${CONTAINERD_UNIT}.d/konvoy-proxy.conf`;
export const PROXY_ENVIRONMENT_PATH = '/etc/containerd/konvoy-proxy.env';

/**
 * Names the file of variables. They do not stand in the drop-in itself: systemd tells `Environment=` of a unit to every
 * user of the host who asks (systemd.exec(5)), whoever may read the file. The dash: a run that dies between taking away the
 * one and the other must leave a containerd that starts.
 */
export const PROXY_DROP_IN = `${OWNERSHIP_COMMENT}[Service]\nEnvironmentFile=-${PROXY_ENVIRONMENT_PATH}\n`;

/** One line of an environment file, quoted as systemd.exec(5) has it. */
function assignment(name: string, value: string): string {
  return `${name}="${value.replace(/[\\"`$]/g, '\\$&')}"\n`;
}

/** The environment in which containerd fetches images; undefined where there is no proxy. A secret with a password in it. */
export function printProxyEnvironment({ http, https, none }: Proxies): Text | undefined {
  if (http === undefined && https === undefined) return undefined;
  const text = [
    OWNERSHIP_COMMENT,
    ...(http === undefined ? [] : [assignment('HTTP_PROXY', revealText(http))]),
    ...(https === undefined ? [] : [assignment('HTTPS_PROXY', revealText(https))]),
    assignment('NO_PROXY', none.join(',')),
  ].join('');
  return http instanceof Secret || https instanceof Secret ? new Secret(text) : text;
}
