import { connect, type Socket } from 'node:net';
import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';

/** Opens a TCP connection. `place` names what is dialled, for messages. Fails with `ConnectionError`. */
export function dialSocket(
  host: HostAddress,
  place: { readonly hostName: string; readonly port: number },
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Socket> {
  const where = `${host}: ${place.hostName} port ${place.port}`;
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) {
      reject(interrupted(host));
      return;
    }
    const socket = connect({ host: place.hostName, port: place.port, noDelay: true, keepAlive: true });
    const stop = (error?: Error) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', abort);
      socket.removeAllListeners('connect').removeAllListeners('error');
      if (error === undefined) {
        resolve(socket);
        return;
      }
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const abort = () => stop(interrupted(host));
    const timer = setTimeout(() => {
      const seconds = options.timeoutMs / 1000;
      stop(
        new ConnectionError(host, 'timeout', `${where} does not answer within ${seconds} s`, {
          hint: 'the host is off, its address is wrong, or a firewall drops SSH',
        }),
      );
    }, options.timeoutMs);
    options.signal.addEventListener('abort', abort);
    socket.once('connect', () => stop());
    socket.once('error', (error) => stop(explainSocketError(host, where, error)));
  });
}

/** A wait that Ctrl-C ended. */
export function interrupted(host: HostAddress): ConnectionError {
  return new ConnectionError(host, 'lost', `${host}: interrupted before the connection was made`);
}

function explainSocketError(host: HostAddress, where: string, error: Error): ConnectionError {
  const code = 'code' in error ? String(error.code) : '';
  const explain = (failure: 'refused' | 'unreachable' | 'timeout', what: string, hint: string) =>
    new ConnectionError(host, failure, `${where} ${what}`, { hint, cause: error });
  switch (code) {
    case 'ECONNREFUSED':
      return explain('refused', 'refuses the connection', 'nothing listens there: is sshd running, is the port right?');
    case 'ECONNRESET':
      return explain('refused', 'resets the connection', 'a firewall or sshd on the host refuses this machine');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return explain('unreachable', 'has no address in DNS', 'correct ansible_host in the inventory, or the resolver');
    case 'ETIMEDOUT':
      return explain('timeout', 'does not answer', 'the host is off, or a firewall drops SSH');
    default:
      return explain(
        'unreachable',
        `cannot be reached (${code || error.message})`,
        'there is no route to that address',
      );
  }
}
