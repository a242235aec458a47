import type { HostConnections, HostWriter } from '../connections/host.ts';
import type { HostAddress } from '../core/address.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Argv } from '../core/fact.ts';
import type { ControlPlane } from '../core/topology.ts';
import { ADMIN_CONF, apiReady } from '../facts/cluster-state.ts';
import type { ApiAddress } from '../facts/kubectl-question.ts';

/** A host with an API server, and how to speak to just that one with the administrator's credentials. */
export interface ApiHost {
  readonly host: HostAddress;
  readonly writer: HostWriter;
  /** For questions. */
  readonly api: ApiAddress;
  kubectl(...args: string[]): Argv;
}

/** The API server on a host. `port` is 1–65535. */
export function apiHost(writer: HostWriter, port: number): ApiHost {
  const host = writer.address;
  const command = [
    'kubectl',
    `--kubeconfig=${ADMIN_CONF}`,
    `--server=https://${host}:${port}`,
    '--request-timeout=30s',
  ] as const;
  return { host, writer, api: { address: host, port }, kubectl: (...args) => [...command, ...args] };
}

/**
 * The first control-plane host with an API server that answers, `except` some; undefined where none belongs to a cluster.
 * Throws where some belong to one and none of those answers.
 */
export async function findLivingControlPlane(
  { hosts, port }: ControlPlane,
  connections: HostConnections,
  except: readonly HostAddress[] = [],
): Promise<ApiHost | undefined> {
  const silent: string[] = [];
  for (const host of hosts.filter((each) => !except.includes(each))) {
    try {
      const writer = await connections.writer(host);
      const question = { address: host, port };
      const [output] = await writer.query([apiReady.command(question)]);
      if (output !== undefined && apiReady.parse(output, question)) return apiHost(writer, port);
    } catch (error) {
      silent.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (silent.length === 0) return undefined;
  throw new KonvoyError(`the API of the cluster does not answer on any control-plane host: ${silent.join('; ')}`, {
    hint: 'look on a control-plane host with: crictl ps -a, journalctl -u kubelet, and at who holds the address of the API',
  });
}

/** Like `findLivingControlPlane`, where there has to be one. */
export async function needLivingControlPlane(
  controlPlane: ControlPlane,
  connections: HostConnections,
  except: readonly HostAddress[] = [],
): Promise<ApiHost> {
  const living = await findLivingControlPlane(controlPlane, connections, except);
  if (living !== undefined) return living;
  throw new KonvoyError('there is no cluster yet, so nobody can join it', {
    hint: `the first control-plane host, ${controlPlane.hosts[0] ?? '?'}, founds it: let it take part in the run`,
  });
}
