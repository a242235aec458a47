import { KonvoyError } from '../core/errors.ts';

/** Ctrl-C while nothing had been written. */
export class Interrupted extends KonvoyError {
  constructor() {
    super('interrupted: nothing was changed');
  }
}

/** Throws `Interrupted` once the user has asked to stop. For places where nothing is being written. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted();
}
