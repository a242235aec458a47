import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { DEPLOYER, type HostAddress } from '../core/address.ts';
import { ConnectionError } from '../core/errors.ts';
import type { Report } from '../core/events.ts';
import type { Secret } from '../core/secret.ts';
import type { SshHop, SshSettings } from '../core/ssh-settings.ts';
import type { Connection } from './byte-channel.ts';
import { chooseImplementation } from './choose-implementation.ts';
import { explainRefusedKeys } from './explain-ssh2-error.ts';
import type { HostConnections, HostReader, HostWriter } from './host.ts';
import { Identities } from './identities.ts';
import { KnownHostsFiles } from './known-hosts-files.ts';
import { LocalHost } from './local-host.ts';
import { OpensshConnection } from './openssh-connection.ts';
import { RemoteHost } from './remote-host.ts';
import { bastionOptions, type ResolvedHop, resolveHop, type SshEnvironment } from './resolve-hop.ts';
import { skipsHostKeys } from './skips-host-keys.ts';
import { dialSsh2, type Ssh2Connection, type Ssh2Dialer } from './ssh2-connection.ts';
import { readSshClientConfig } from './ssh-client-config.ts';

export interface ConnectOptions {
  /** `auto`: ssh2, and OpenSSH's own client for hosts that need it. */
  readonly implementation: 'auto' | 'ssh2' | 'openssh';
  /** Keys of hosts that nothing is known of are accepted and appended to known_hosts. */
  readonly acceptNewHostKeys: boolean;
  /** The hazard `skips-host-keys` was accepted: hosts for which `skipsHostKeys` holds are not checked. */
  readonly skipHostKeys: boolean;
  /** From `--ask-become-pass`; wins over the inventory's. */
  readonly becomePassword?: Secret;
  /** Milliseconds for TCP, and again for the handshake. */
  readonly connectTimeoutMs: number;
  /** How many handshakes are under way at most. */
  readonly maxHandshakes: number;
  /** Ends waits for kept connections. What is connected goes on, and so do fresh connections, which a write in hand needs. */
  readonly signal: AbortSignal;
  readonly report?: Report;
  readonly homeFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Jumps may need jumps; a circle among them ends here. */
const JUMPS_AT_MOST = 5;

/** Connections to the hosts of an inventory. Nothing is dialled before it is asked for. */
export function connectHosts(settings: readonly SshSettings[], options: ConnectOptions): HostConnections {
  return new SshConnections(settings, options);
}

interface Dialled {
  readonly connection: Connection;
  readonly host: RemoteHost;
}

class SshConnections implements HostConnections {
  readonly #settings: ReadonlyMap<HostAddress, SshSettings>;
  readonly #options: ConnectOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #kept = new Map<HostAddress, Promise<Dialled>>();
  readonly #bastions = new Map<string, Promise<Ssh2Connection>>();
  readonly #open = new Set<Connection>();
  readonly #knownHosts = new KnownHostsFiles();
  readonly #explained = new Set<string>();
  #environment: Promise<SshEnvironment> | undefined;
  #ssh2: Promise<{ ssh2: typeof import('ssh2'); identities: Identities }> | undefined;
  #controlFolder: string | undefined;

  constructor(settings: readonly SshSettings[], options: ConnectOptions) {
    this.#settings = new Map(settings.map((each) => [each.host, each]));
    this.#options = options;
    this.#limit = pLimit(options.maxHandshakes);
    // Every dial under way listens for Ctrl-C; Node takes more than ten for a leak and says so on the terminal.
    setMaxListeners(0, options.signal);
  }

  async reader(host: HostAddress): Promise<HostReader> {
    return host === DEPLOYER ? new LocalHost(this.#options.env) : this.writer(host);
  }

  async writer(host: HostAddress): Promise<HostWriter> {
    const kept = this.#kept.get(host) ?? this.#keep(host);
    return (await kept).host;
  }

  async fresh(host: HostAddress): Promise<{ reader: HostReader; close(): Promise<void> }> {
    const { connection, host: reader } = await this.#dial(host, new AbortController().signal);
    return { reader, close: () => this.#close(connection) };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#kept.values());
    await Promise.all([...this.#open].map((connection) => this.#close(connection)));
    const bastions = await Promise.allSettled(this.#bastions.values());
    await Promise.all(bastions.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
    if (this.#controlFolder !== undefined) rmSync(this.#controlFolder, { recursive: true, force: true });
    this.#controlFolder = undefined;
  }

  #keep(host: HostAddress): Promise<Dialled> {
    const dialled = this.#dial(host, this.#options.signal).then(async (made) => {
      try {
        await made.host.start();
      } catch (error) {
        await this.#close(made.connection);
        throw error;
      }
      return made;
    });
    this.#kept.set(host, dialled);
    const forget = () => {
      if (this.#kept.get(host) === dialled) this.#kept.delete(host);
    };
    dialled.then(({ connection }) => connection.lost.then(forget), forget);
    return dialled;
  }

  async #close(connection: Connection): Promise<void> {
    this.#open.delete(connection);
    await connection.close();
  }

  async #dial(host: HostAddress, signal: AbortSignal): Promise<Dialled> {
    const settings = this.#settings.get(host);
    if (settings === undefined) throw new Error(`no SSH settings for host ${host}`);
    this.#environment ??= readEnvironment(this.#options);
    const environment = await this.#environment;
    const hop = resolveHop(settings, settings.options, environment);
    const bastions = settings.bastions.length > 0 ? shuffle(settings.bastions) : undefined;
    const connection = await this.#dialOver(settings, hop, bastions, environment, signal);
    this.#open.add(connection);
    connection.lost.then(() => this.#open.delete(connection));
    const password = this.#options.becomePassword ?? settings.becomePassword;
    const become = hop.user === 'root' ? ({ by: 'login' } as const) : ({ by: 'sudo', password } as const);
    return { connection, host: new RemoteHost({ host, user: hop.user, become }, connection, this.#options.report) };
  }

  async #dialOver(
    settings: SshSettings,
    hop: ResolvedHop,
    bastions: readonly SshHop[] | undefined,
    environment: SshEnvironment,
    signal: AbortSignal,
  ): Promise<Connection> {
    const ways = bastions === undefined ? [hop.jumps] : bastions.map((bastion) => [bastion]);
    let failure: unknown;
    // A bastion that is down is no reason to give up while there is another one.
    for (const way of ways) {
      if (await this.#wantsOpenssh(settings, hop, way, environment)) {
        return this.#dialOpenssh(settings, hop, bastions === undefined ? undefined : way[0], signal);
      }
      try {
        const through = await this.#bastion(settings, way, environment, signal, 0);
        const dialer = await this.#dialer(settings, hop, signal);
        return await this.#limit(() => dialSsh2(settings.host, hop, dialer, through));
      } catch (error) {
        if (!(error instanceof BastionFailed)) throw error;
        failure = error;
      }
    }
    throw failure instanceof BastionFailed ? failure.explain(settings.host) : failure;
  }

  async #wantsOpenssh(
    settings: SshSettings,
    hop: ResolvedHop,
    way: readonly SshHop[],
    environment: SshEnvironment,
  ): Promise<boolean> {
    if (this.#options.implementation !== 'auto') return this.#options.implementation === 'openssh';
    const { identities } = await this.#load();
    const hops = [hop, ...way.map((jump) => resolveHop(jump, bastionOptions(settings.options), environment))];
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
    environment: SshEnvironment,
    signal: AbortSignal,
    depth: number,
  ): Promise<Ssh2Connection | undefined> {
    const last = way.at(-1);
    if (last === undefined) return undefined;
    const hop = resolveHop(last, bastionOptions(settings.options), environment);
    const before = way.length > 1 ? way.slice(0, -1) : depth < JUMPS_AT_MOST ? hop.jumps : [];
    const key = JSON.stringify([hop.user, hop.hostName, hop.port, before]);
    const shared = this.#bastions.get(key);
    if (shared !== undefined) return shared;
    const dial = async () => {
      try {
        const through = await this.#bastion(settings, before, environment, signal, depth + 1);
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

async function readEnvironment(options: ConnectOptions): Promise<SshEnvironment> {
  return {
    homeFolder: options.homeFolder,
    localUser: userInfo().username,
    env: options.env,
    config: await readSshClientConfig(options.homeFolder),
  };
}

function shuffle<T>(items: readonly T[]): T[] {
  const left = [...items];
  const shuffled: T[] = [];
  while (left.length > 0) shuffled.push(...left.splice(randomInt(left.length), 1));
  return shuffled;
}
