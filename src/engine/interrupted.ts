import { KonvoyError } from '../core/errors.ts';

/** Ctrl-C while nothing was being written. */
export class Interrupted extends KonvoyError {
  constructor(message = 'interrupted: nothing was changed') {
    super(message);
  }
}

/** Throws `Interrupted` once the user has asked to stop. For places where nothing is being written. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted();
}
