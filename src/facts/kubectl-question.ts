import type { Argv } from '../core/fact.ts';
import { ADMIN_CONF } from './cluster-state.ts';

/** The API server on one control-plane host. */
export interface ApiAddress {
  readonly address: string;
  /** 1–65535. */
  readonly port: number;
}

/** A question to a host's own API server, with the administrator's credentials. */
export function kubectlQuestion({ address, port }: ApiAddress, ...args: readonly string[]): Argv {
  const server = `--server=https://${address}:${port}`;
  return ['kubectl', `--kubeconfig=${ADMIN_CONF}`, server, '--request-timeout=5s', ...args];
}
