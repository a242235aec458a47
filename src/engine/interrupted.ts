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

/** What `work` comes to; once the user has asked to stop it throws `Interrupted`, and `work` goes on unheard. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  stopIfAborted(signal);
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new Interrupted());
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
