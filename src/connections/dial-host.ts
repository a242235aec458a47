import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { SshHop, SshSettings } from '../core/ssh-settings.ts';
import type { Connection } from './byte-channel.ts';
import { chooseImplementation } from './choose-implementation.ts';
import type { ConnectOptions } from './connect-options.ts';
import { explainRefusedKeys } from './explain-ssh2-error.ts';
import { Identities } from './identities.ts';
import { KnownHostsFiles } from './known-hosts-files.ts';
import { OpensshConnection } from './openssh-connection.ts';
import { bastionOptions, type ResolvedHop, resolveHop, type SshEnvironment } from './resolve-hop.ts';
import { skipsHostKeys } from './skips-host-keys.ts';
import { dialSsh2, type Ssh2Connection, type Ssh2Dialer } from './ssh2-connection.ts';

/** Jumps may need jumps; a circle among them ends here. */
const JUMPS_AT_MOST = 5;

/** Makes connections: by which client, through which bastion. Connections to bastions are shared by the hosts behind them. */
export class HostDialer {
  readonly #options: ConnectOptions;
  readonly #environment: SshEnvironment;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #bastions = new Map<string, Promise<Ssh2Connection>>();
  readonly #knownHosts = new KnownHostsFiles();
  readonly #explained = new Set<string>();
  #ssh2: Promise<{ ssh2: typeof import('ssh2'); identities: Identities }> | undefined;
  #controlFolder: string | undefined;

  constructor(options: ConnectOptions, environment: SshEnvironment) {
    this.#options = options;
    this.#environment = environment;
    this.#limit = pLimit(options.maxHandshakes);
  }

  /** Ends the connections to bastions; to be called once nothing needs them any more. */
  async close(): Promise<void> {
    const bastions = await Promise.allSettled(this.#bastions.values());
    await Promise.all(bastions.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
    if (this.#controlFolder !== undefined) rmSync(this.#controlFolder, { recursive: true, force: true });
    this.#controlFolder = undefined;
  }

  /** One connection to a host, through one of its bastions where it has some. Fails with `ConnectionError`. */
  async dial(settings: SshSettings, hop: ResolvedHop, signal: AbortSignal): Promise<Connection> {
    const bastions = settings.bastions.length > 0 ? shuffle(settings.bastions) : undefined;
    const ways = bastions === undefined ? [hop.jumps] : bastions.map((bastion) => [bastion]);
    let failure: unknown;
    // A bastion that is down is no reason to give up while there is another one.
    for (const way of ways) {
      if (await this.#wantsOpenssh(settings, hop, way)) {
        const [bastion] = bastions === undefined ? [] : way;
        try {
          return await this.#dialOpenssh(settings, hop, bastion, signal);
        } catch (error) {
          if (bastion === undefined || !(error instanceof ConnectionError)) throw error;
          failure = throughBastion(bastion, error);
          continue;
        }
      }
      try {
        const through = await this.#bastion(settings, way, signal, 0);
        const dialer = await this.#dialer(settings, hop, signal);
        return await this.#limit(() => dialSsh2(settings.host, hop, dialer, through));
      } catch (error) {
        if (!(error instanceof BastionFailed)) throw error;
        failure = error;
      }
    }
    throw failure instanceof BastionFailed ? failure.explain(settings.host) : failure;
  }

  async #wantsOpenssh(settings: SshSettings, hop: ResolvedHop, way: readonly SshHop[]): Promise<boolean> {
    if (this.#options.implementation !== 'auto') return this.#options.implementation === 'openssh';
    const { identities } = await this.#load();
    const hops = [hop, ...way.map((jump) => resolveHop(jump, bastionOptions(settings.options), this.#environment))];
    const choice = chooseImplementation(
      hops.map((each) => ({
        hop: each,
        known: this.#lookup(each),
        identities: identities.load(settings.host, each.identityFiles),
      })),
    );
    if (choice.why !== undefined && !this.#explained.has(choice.why)) {
      this.#explained.add(choice.why);
      this.#options.report?.({ is: 'note', text: `using the system’s OpenSSH client: ${choice.why}` });
    }
    return choice.use === 'openssh';
  }

  async #dialOpenssh(
    settings: SshSettings,
    hop: ResolvedHop,
    bastion: SshHop | undefined,
    signal: AbortSignal,
  ): Promise<Connection> {
    this.#controlFolder ??= mkdtempSync(join(tmpdir(), 'konvoy-ssh-'));
    const options = {
      ...this.#options,
      acceptNewHostKeys: this.#options.acceptNewHostKeys || hop.strictHostKeyChecking === 'accept-new',
      controlFolder: this.#controlFolder,
      signal,
    };
    try {
      return await this.#limit(() => OpensshConnection.dial(settings, bastion, options));
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.failure !== 'authentication') throw error;
      // ssh says "Permission denied" and nothing of a key that only lacks its passphrase.
      const identities = (await this.#load()).identities.load(settings.host, hop.identityFiles);
      if (!identities.some((identity) => identity.is === 'protected')) throw error;
      throw explainRefusedKeys(settings.host, hop, identities, []);
    }
  }

  /** The connection to the last bastion of a way, shared by all hosts behind it. */
  async #bastion(
    settings: SshSettings,
    way: readonly SshHop[],
    signal: AbortSignal,
    depth: number,
  ): Promise<Ssh2Connection | undefined> {
    const last = way.at(-1);
    if (last === undefined) return undefined;
    const hop = resolveHop(last, bastionOptions(settings.options), this.#environment);
    const before = way.length > 1 ? way.slice(0, -1) : depth < JUMPS_AT_MOST ? hop.jumps : [];
    const key = JSON.stringify([hop.user, hop.hostName, hop.port, before]);
    const shared = this.#bastions.get(key);
    if (shared !== undefined) return shared;
    const dial = async () => {
      try {
        const through = await this.#bastion(settings, before, signal, depth + 1);
        const dialer = await this.#dialer(settings, hop, signal);
        return await this.#limit(() => dialSsh2(hop.name, hop, dialer, through));
      } catch (error) {
        throw error instanceof ConnectionError ? new BastionFailed(error) : error;
      }
    };
    const made = dial();
    this.#bastions.set(key, made);
    const forget = () => this.#bastions.delete(key);
    made.then((connection) => connection.lost.then(forget), forget);
    return made;
  }

  async #dialer(settings: SshSettings, hop: ResolvedHop, signal: AbortSignal): Promise<Ssh2Dialer> {
    const options = this.#options;
    return {
      ...(await this.#load()),
      knownHosts: this.#knownHosts,
      policy: {
        acceptNew: options.acceptNewHostKeys || hop.strictHostKeyChecking === 'accept-new',
        skip: options.skipHostKeys && skipsHostKeys(settings),
      },
      timeoutMs: options.connectTimeoutMs,
      signal,
    };
  }

  #lookup(hop: ResolvedHop) {
    return this.#knownHosts.lookup([...hop.userKnownHostsFiles, ...hop.globalKnownHostsFiles], hop.knownHostsName);
  }

  /** ssh2 takes 60 ms to load: only when something is dialled. */
  #load(): Promise<{ ssh2: typeof import('ssh2'); identities: Identities }> {
    this.#ssh2 ??= import('ssh2').then(({ default: ssh2 }) => ({
      ssh2,
      identities: new Identities(ssh2.utils.parseKey),
    }));
    return this.#ssh2;
  }
}

/** ssh does not say whether it was the bastion that failed, or the host behind it. */
function throughBastion(bastion: SshHop, error: ConnectionError): ConnectionError {
  const { host, failure, message, hint } = error;
  const reason = message.replace(`${host}: `, '');
  return new ConnectionError(host, failure, `${host}: through the bastion ${bastion.connectTo}: ${reason}`, {
    hint,
    cause: error,
  });
}

/** A bastion could not be used; the same failure is told to every host behind it, under its own name. */
class BastionFailed extends Error {
  readonly reason: ConnectionError;

  constructor(reason: ConnectionError) {
    super(reason.message);
    this.reason = reason;
  }

  explain(host: HostAddress): ConnectionError {
    const { failure, message, hint } = this.reason;
    return new ConnectionError(host, failure, `${host}: through the bastion ${message}`, { hint, cause: this.reason });
  }
}

function shuffle<T>(items: readonly T[]): T[] {
  const left = [...items];
  const shuffled: T[] = [];
  while (left.length > 0) shuffled.push(...left.splice(randomInt(left.length), 1));
  return shuffled;
}
