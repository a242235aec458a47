import { userInfo } from 'node:os';
import { DEPLOYER, type HostAddress } from '../core/address.ts';
import type { SshSettings } from '../core/ssh-settings.ts';
import type { Connection } from './byte-channel.ts';
import type { ConnectOptions } from './connect-options.ts';
import { HostDialer } from './dial-host.ts';
import type { HostConnections, HostReader, HostWriter } from './host.ts';
import { LocalHost } from './local-host.ts';
import { RemoteHost } from './remote-host.ts';
import { resolveHop, type SshEnvironment } from './resolve-hop.ts';
import { readSshClientConfig } from './ssh-client-config.ts';
import { allowManyListeners } from './many-listeners.ts';

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
  readonly #kept = new Map<HostAddress, Promise<Dialled>>();
  readonly #open = new Set<Connection>();
  #dialling: Promise<{ environment: SshEnvironment; dialer: HostDialer }> | undefined;

  constructor(settings: readonly SshSettings[], options: ConnectOptions) {
    this.#settings = new Map(settings.map((each) => [each.host, each]));
    this.#options = options;
    allowManyListeners(options.signal);
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
    await (await this.#dialling)?.dialer.close();
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
    this.#dialling ??= readEnvironment(this.#options).then((environment) => ({
      environment,
      dialer: new HostDialer(this.#options, environment),
    }));
    const { environment, dialer } = await this.#dialling;
    const hop = resolveHop(settings, settings.options, environment);
    const connection = await dialer.dial(settings, hop, signal);
    this.#open.add(connection);
    connection.lost.then(() => this.#open.delete(connection));
    const password = this.#options.becomePassword ?? settings.becomePassword;
    const become = hop.user === 'root' ? ({ by: 'login' } as const) : ({ by: 'sudo', password } as const);
    return { connection, host: new RemoteHost({ host, user: hop.user, become }, connection, this.#options.report) };
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
