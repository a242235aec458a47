import type { Report } from '../../core/events.ts';

/** Something that shows a run while it goes on. */
export interface Progress {
  readonly report: Report;
  /** Leaves the screen in order. To be called once, also after an error. */
  end(): void;
}

/** Hands each event to all of them. */
export function combineProgress(parts: readonly Progress[]): Progress {
  return {
    report: (event) => {
      for (const part of parts) part.report(event);
    },
    end: () => {
      for (const part of parts) part.end();
    },
  };
}
