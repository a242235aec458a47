import type { HostConnections } from '../../connections/host.ts';
import { KonvoyError } from '../../core/errors.ts';
import type { ControlPlane } from '../../core/topology.ts';
import { type ApiHost, findLivingControlPlane } from '../../kinds/kubectl.ts';

/** Some API server of the cluster; another one where the last does not answer any more. */
export class LivingApi {
  readonly #controlPlane: ControlPlane;
  readonly #connections: HostConnections;
  #current: ApiHost;

  private constructor(controlPlane: ControlPlane, connections: HostConnections, current: ApiHost) {
    this.#controlPlane = controlPlane;
    this.#connections = connections;
    this.#current = current;
  }

  /** Throws where there is no cluster, or none of its API servers answers. */
  static async find(controlPlane: ControlPlane, connections: HostConnections): Promise<LivingApi> {
    const found = await findLivingControlPlane(controlPlane, connections);
    if (found === undefined) {
      throw new KonvoyError('there is no cluster yet whose network could be verified', { hint: 'konvoy up makes one' });
    }
    return new LivingApi(controlPlane, connections, found);
  }

  get current(): ApiHost {
    return this.#current;
  }

  /** `HOST:PORT`. */
  get server(): string {
    return `${this.#current.host}:${this.#controlPlane.port}`;
  }

  /** Does what may be done twice: where it fails, once more with the API server of another host that answers. */
  async call<T>(use: (api: ApiHost) => Promise<T>): Promise<T> {
    try {
      return await use(this.#current);
    } catch (error) {
      const { host } = this.#current;
      const next = await findLivingControlPlane(this.#controlPlane, this.#connections, [host]).catch(() => undefined);
      if (next === undefined) throw error;
      this.#current = next;
      return await use(next);
    }
  }
}
