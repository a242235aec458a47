import type { HostConnections } from '../../connections/host.ts';
import type { HostAddress } from '../../core/address.ts';
import { ask } from '../../core/fact.ts';
import { tcpReachable } from '../../facts/tcp-reachable.ts';

/** A port of a host as another host sees it. */
export interface PeerPort {
  readonly peer: HostAddress;
  readonly port: number;
}

/** Opens a second SSH connection beside the kept one. Throws what stands in its way; silence ends after `limitMs`. */
export async function probeSsh(hosts: HostConnections, host: HostAddress, limitMs: number): Promise<void> {
  const opening = hosts.fresh(host);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${Math.round(limitMs / 1000)} s`)), limitMs);
  });
  try {
    const connection = await Promise.race([opening, silence]);
    await connection.close();
  } catch (error) {
    // It may still open later; nobody waits for it then.
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Which of these ports of `host` peers cannot reach over a new connection. A peer that does not answer itself proves
 * nothing and is left out.
 */
export async function unreachedPorts(
  hosts: HostConnections,
  host: HostAddress,
  asked: readonly PeerPort[],
): Promise<readonly PeerPort[]> {
  const peers = [...new Set(asked.map(({ peer }) => peer))];
  const found = await Promise.all(
    peers.map(async (peer) => {
      const ports = asked.filter((pair) => pair.peer === peer).map(({ port }) => port);
      const question = ask(tcpReachable, peer, { host, ports });
      try {
        const [output] = await (await hosts.reader(peer)).query([question.argv], { timeoutMs: 10_000 });
        if (output === undefined) return [];
        const reached = question.parse(output);
        return ports.filter((port) => !reached.has(port)).map((port) => ({ peer, port }));
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}
