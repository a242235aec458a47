import { FILE_OWNERSHIP_MARK } from '../../core/resource.ts';
import { CONTAINERD_UNIT } from './containerd-config.ts';
import type { Proxies } from './section.ts';

export const PROXY_DROP_IN_PATH = `/etc/systemd/system/${CONTAINERD_UNIT}.d/konvoy-proxy.conf`;

/** A quoted assignment of a unit file; `%` starts a specifier there, and backslash and quote are escaped (systemd.exec(5)). */
function assignment(name: string, value: string): string {
  return `Environment="${name}=${value.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"\n`;
}

/** The environment in which containerd fetches images; undefined where there is no proxy. */
export function printProxyDropIn({ http, https, none }: Proxies): string | undefined {
  if (http === undefined && https === undefined) return undefined;
  return [
    `# ${FILE_OWNERSHIP_MARK}: changes made here are taken back by \`konvoy up\`.\n`,
    '[Service]\n',
    ...(http === undefined ? [] : [assignment('HTTP_PROXY', http)]),
    ...(https === undefined ? [] : [assignment('HTTPS_PROXY', https)]),
    assignment('NO_PROXY', none.join(',')),
  ].join('');
}
