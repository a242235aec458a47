import type { HostConnections, HostReader, HostWriter } from '../../src/connections/host.ts';
import { DEPLOYER, type HostAddress } from '../../src/core/address.ts';
import { ConnectionError, type ConnectionFailure } from '../../src/core/errors.ts';
import type { FakeHost } from './fake-host.ts';

/** Connections to fake hosts. A host that is not among them is unreachable. */
export class FakeConnections implements HostConnections {
  readonly #hosts = new Map<HostAddress, FakeHost>();
  readonly #failing = new Map<HostAddress, ConnectionFailure>();
  readonly #freshFailing = new Map<HostAddress, ConnectionFailure>();
  /** How many fresh connections were opened and how many of them are open now. */
  freshOpened = 0;
  freshOpen = 0;
  closed = false;

  /** A fake host with the address `DEPLOYER` plays the machine that konvoy runs on. */
  constructor(hosts: readonly FakeHost[]) {
    for (const host of hosts) this.#hosts.set(host.address, host);
  }

  /** Nothing reaches the host any more, neither kept nor fresh connections. */
  setUnreachable(host: HostAddress, failure: ConnectionFailure = 'unreachable'): void {
    this.#failing.set(host, failure);
  }

  /** Undoes `setUnreachable` and `failFresh`. */
  setReachable(host: HostAddress): void {
    this.#failing.delete(host);
    this.#freshFailing.delete(host);
  }

  /** Only new connections fail, as behind a firewall that lets established flows pass. */
  failFresh(host: HostAddress, failure: ConnectionFailure = 'timeout'): void {
    this.#freshFailing.set(host, failure);
  }

  async reader(host: HostAddress): Promise<HostReader> {
    return this.#reach(host);
  }

  async writer(host: HostAddress): Promise<HostWriter> {
    if (host === DEPLOYER) throw new Error('nothing is ever written to the machine that runs konvoy');
    return this.#reach(host);
  }

  async fresh(host: HostAddress): Promise<{ reader: HostReader; close(): Promise<void> }> {
    const failure = this.#freshFailing.get(host);
    if (failure !== undefined) throw new ConnectionError(host, failure, `${host}: no new connection (${failure})`);
    const reader = this.#reach(host).asReader();
    this.freshOpened += 1;
    this.freshOpen += 1;
    let open = true;
    return {
      reader,
      close: async () => {
        if (open) this.freshOpen -= 1;
        open = false;
      },
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const host of this.#hosts.values()) host.endSession();
  }

  #reach(address: HostAddress): FakeHost {
    const host = this.#hosts.get(address);
    const failure = this.#failing.get(address) ?? (host === undefined ? 'unreachable' : undefined);
    if (host === undefined || failure !== undefined) {
      throw new ConnectionError(address, failure ?? 'unreachable', `${address}: not reached (${failure})`);
    }
    return host;
  }
}
