import type { TextSink } from '../context.ts';
import { printEvent } from './event-lines.ts';
import type { Progress } from './progress.ts';
import type { Style } from './style.ts';

/** Lines that stay, for pipes, CI and logs. */
export function plainProgress(sink: TextSink, style: Style, options: { verbose: boolean }): Progress {
  return {
    report: (event) => {
      const text = printEvent(event, style, options);
      if (text !== undefined) sink.write(`${text}\n`);
    },
    end: () => undefined,
  };
}
