import type { HostAddress } from '../../core/address.ts';

/** There is nothing to configure but the pool: who is in it reflects routes. */
export interface RouteReflectorsSection {
  /** A control-plane host whose API server answered; undefined before anybody was asked, and where there is no cluster. */
  readonly at?: HostAddress | undefined;
}
