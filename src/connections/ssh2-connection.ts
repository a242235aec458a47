import type { Duplex } from 'node:stream';
import type { AuthenticationType, Client, ClientChannel, ParsedKey, ServerHostKeyAlgorithm } from 'ssh2';
import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { ByteChannel, ChannelEnd, Connection } from './byte-channel.ts';
import { checkHostKey, type HostKeyPolicy } from './check-host-key.ts';
import { dialSocket, interrupted } from './dial-socket.ts';
import { drained } from './drained.ts';
import type { Identities, Identity } from './identities.ts';
import type { KnownHostsFiles } from './known-hosts-files.ts';
import type { ResolvedHop } from './resolve-hop.ts';
import { explainHandshakeError, explainRefusedKeys } from './explain-ssh2-error.ts';

/** What all dials of a run share. */
export interface Ssh2Dialer {
  readonly ssh2: typeof import('ssh2');
  readonly identities: Identities;
  readonly knownHosts: KnownHostsFiles;
  readonly policy: HostKeyPolicy;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Fast ones first; both ends of a handshake are dear when there are many hosts. */
const KEX = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group14-sha256',
] as const;

const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** The host is asked for a key of a type that is known before it may show another. */
export function hostKeyAlgorithms(knownTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const wanted = HOST_KEY_ALGORITHMS.filter((algorithm) =>
    knownTypes.includes(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm),
  );
  return [...wanted, ...HOST_KEY_ALGORITHMS.filter((algorithm) => !wanted.includes(algorithm))];
}

/** A connection made by npm's ssh2. */
export class Ssh2Connection implements Connection {
  readonly lost: Promise<Error | undefined>;
  readonly #host: HostAddress;
  readonly #client: Client;
  #closed = false;

  constructor(host: HostAddress, client: Client) {
    this.#host = host;
    this.#client = client;
    let reason: Error | undefined;
    client.on('error', (error) => {
      reason = error;
    });
    this.lost = new Promise((resolve) => {
      client.once('close', () => resolve(this.#closed ? undefined : (reason ?? new Error('connection closed'))));
    });
  }

  open(commandLine: string): Promise<ByteChannel> {
    return new Promise((resolve, reject) => {
      const refuse = (cause: unknown) =>
        reject(new ConnectionError(this.#host, 'lost', `${this.#host}: the connection was lost`, { cause }));
      try {
        this.#client.exec(commandLine, (error, channel) => {
          if (error === undefined) resolve(wrapChannel(channel));
          else refuse(error);
        });
      } catch (error) {
        refuse(error);
      }
    });
  }

  /** A TCP connection from this machine, a bastion, to the next hop on the way to `host`. */
  forward(host: HostAddress, hostName: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const refuse = (cause: unknown) =>
        reject(
          new ConnectionError(host, 'unreachable', `${host}: the bastion cannot reach ${hostName} port ${port}`, {
            hint: 'the host is off, its address is wrong, or sshd on the bastion has AllowTcpForwarding no',
            cause,
          }),
        );
      try {
        this.#client.forwardOut('127.0.0.1', 0, hostName, port, (error, channel) => {
          if (error === undefined) resolve(channel);
          else refuse(error);
        });
      } catch (error) {
        refuse(error);
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#client.end();
    const timer = setTimeout(() => this.#client.destroy(), 1_000);
    await this.lost;
    clearTimeout(timer);
  }
}

function wrapChannel(channel: ClientChannel): ByteChannel {
  let exit: number | undefined;
  channel.on('exit', (code: number | null) => {
    exit = code ?? 255;
  });
  channel.on('error', () => {});
  let closed = false;
  const ended = new Promise<ChannelEnd>((resolve) => {
    channel.once('close', () => {
      closed = true;
      resolve({ exit });
    });
  });
  return {
    write: (data) => {
      if (channel.writable) channel.write(data);
    },
    drained: () => (closed ? Promise.resolve() : drained(channel)),
    end: () => void channel.end(),
    listen: ({ stdout, stderr }) => {
      channel.on('data', stdout);
      channel.stderr.on('data', stderr);
    },
    ended,
    destroy: () => void channel.close(),
  };
}

/**
 * Dials one hop, over `through` where that is given, checks its key and logs in. `identities` are tried before the
 * agent. Fails with `ConnectionError`.
 */
export async function dialSsh2(
  host: HostAddress,
  hop: ResolvedHop,
  dialer: Ssh2Dialer,
  through?: Ssh2Connection,
): Promise<Ssh2Connection> {
  const identities = dialer.identities.load(host, hop.identityFiles);
  const socket =
    through === undefined ? await dialSocket(host, hop, dialer) : await through.forward(host, hop.hostName, hop.port);
  return new Promise((resolve, reject) => {
    const client = new dialer.ssh2.Client();
    const known = dialer.knownHosts.lookup(
      [...hop.userKnownHostsFiles, ...hop.globalKnownHostsFiles],
      hop.knownHostsName,
    );
    const attempts = loginAttempts(hop, identities, dialer);
    const tried: string[] = [];
    let failure: Error | undefined;
    const finish = (error?: Error) => {
      dialer.signal.removeEventListener('abort', abort);
      client.removeListener('error', onError);
      client.removeListener('close', onClose);
      if (error === undefined) {
        resolve(new Ssh2Connection(host, client));
        return;
      }
      client.on('error', () => {});
      client.destroy();
      reject(error);
    };
    const abort = () => finish(interrupted(host));
    const onError = (error: Error & { level?: string }) => {
      // A silent agent is no failure of the connection: the next way to log in is tried.
      if (error.level === 'agent') tried.push('the agent (it does not answer)');
      else if (failure !== undefined) finish(failure);
      else finish(explainHandshakeError(host, hop, error, dialer.timeoutMs));
    };
    const onClose = () => finish(failure ?? explainHandshakeError(host, hop, new Error('connection closed'), 0));
    client.on('error', onError).on('close', onClose);
    client.once('ready', () => finish());
    dialer.signal.addEventListener('abort', abort);
    client.connect({
      sock: socket,
      username: hop.user,
      readyTimeout: dialer.timeoutMs,
      keepaliveInterval: 10_000,
      keepaliveCountMax: 3,
      algorithms: { kex: [...KEX], serverHostKey: hostKeyAlgorithms(known.keyTypes), compress: ['none'] },
      hostVerifier: (blob: Buffer) => {
        failure = checkHostKey(
          host,
          hop.name,
          blob,
          known,
          dialer.policy,
          dialer.knownHosts,
          hop.userKnownHostsFiles[0],
        );
        return failure === undefined;
      },
      authHandler: (methods: AuthenticationType[] | null, _partial, next) => {
        const attempt = attempts.shift();
        if (attempt === undefined || (methods !== null && !methods.includes('publickey'))) {
          finish(explainRefusedKeys(host, hop, identities, tried));
          return;
        }
        tried.push(attempt.name);
        next(attempt.method);
      },
    });
  });
}

type LoginMethod =
  | { type: 'publickey'; username: string; key: ParsedKey }
  | { type: 'agent'; username: string; agent: InstanceType<typeof import('ssh2').BaseAgent> };

function loginAttempts(
  hop: ResolvedHop,
  identities: readonly Identity[],
  dialer: Ssh2Dialer,
): { name: string; method: LoginMethod }[] {
  const attempts: { name: string; method: LoginMethod }[] = identities.flatMap((identity) =>
    identity.is === 'usable'
      ? [{ name: identity.path, method: { type: 'publickey', username: hop.user, key: identity.key } }]
      : [],
  );
  if (hop.agentSocket === undefined) return attempts;
  const allowed = hop.identitiesOnly
    ? identities.flatMap((identity) =>
        identity.is === 'protected' && identity.publicBlob ? [identity.publicBlob] : [],
      )
    : undefined;
  if (allowed?.length === 0) return attempts;
  const agent = limitAgent(dialer.ssh2, hop.agentSocket, allowed);
  attempts.push({ name: 'the keys of the agent', method: { type: 'agent', username: hop.user, agent } });
  return attempts;
}

/** The user's agent; with `allowed`, only these of its keys are offered. It signs here and is never forwarded. */
function limitAgent(
  ssh2: typeof import('ssh2'),
  socket: string,
  allowed: readonly Buffer[] | undefined,
): InstanceType<typeof ssh2.BaseAgent> {
  const agent = new ssh2.OpenSSHAgent(socket);
  if (allowed === undefined) return agent;
  const all = agent.getIdentities.bind(agent);
  agent.getIdentities = (callback) =>
    all((error, keys) => {
      callback(
        error,
        keys?.filter((key) => 'getPublicSSH' in key && allowed.some((blob) => blob.equals(key.getPublicSSH()))),
      );
    });
  return agent;
}
