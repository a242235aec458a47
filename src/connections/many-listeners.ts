import { setMaxListeners } from 'node:events';

/**
 * Lets any number of operations under way listen for Ctrl-C: Node takes more than ten for a leak and says so on the terminal.
 * Not 0, which means the same: Node 20's `getMaxListeners` takes it for no number, and the HTTP client of downloads calls that.
 */
export function allowManyListeners(signal: AbortSignal): void {
  setMaxListeners(Number.POSITIVE_INFINITY, signal);
}
