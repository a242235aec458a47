import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { CliContext, TextSink } from './cli/context.ts';
import { EXIT } from './cli/exit-codes.ts';
import { runCli } from './cli/run-cli.ts';
import { redact } from './core/redact.ts';

/** Second Ctrl-C: what shells expect of a program that ended by SIGINT. */
const INTERRUPTED_TWICE = 130;

/** AWS's SDK warns of a Node that its later versions will not run on; the one in the lock file does, and the user cannot help it. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** A reader that goes away (`| head`) is no error: what was begun is finished without words. */
function toSink(stream: NodeJS.WriteStream): TextSink {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    open = false;
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
  return {
    write: (text) => {
      if (open) stream.write(redact(text));
    },
    taken: () =>
      new Promise((resolve) => {
        if (stream.destroyed || !stream.writable) resolve();
        else stream.write('', () => resolve());
      }),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
  };
}

function prompt(signal: AbortSignal) {
  return (question: string, options: { hidden?: boolean } = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      process.stderr.write(question);
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      const lines = createInterface({
        input: process.stdin,
        output: options.hidden === true ? silent : process.stderr,
        terminal: true,
      });
      const stop = () => lines.close();
      let answer: string | undefined;
      lines.on('SIGINT', () => process.emit('SIGINT'));
      lines.once('line', (line) => {
        answer = line;
        lines.close();
      });
      lines.once('close', () => {
        signal.removeEventListener('abort', stop);
        if (options.hidden === true) process.stderr.write('\n');
        if (answer === undefined) reject(new Error('no answer'));
        else resolve(answer);
      });
      signal.addEventListener('abort', stop, { once: true });
    });
}

function listenForInterrupts(controller: AbortController): void {
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_TWICE);
    process.stderr.write('\nstopping after the write in hand; Ctrl-C again ends at once\n');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
}

async function main(): Promise<void> {
  const controller = new AbortController();
  listenForInterrupts(controller);
  let exitCode: number = EXIT.ok;
  const context: CliContext = {
    cwd: process.cwd(),
    env: process.env,
    stdout: toSink(process.stdout),
    stderr: toSink(process.stderr),
    prompt: process.stdin.isTTY && process.stderr.isTTY ? prompt(controller.signal) : undefined,
    now: () => Date.now(),
    random: () => Math.random(),
    signal: controller.signal,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  await runCli(process.argv.slice(2), context);
  // A process that exits before a pipe has taken everything cuts its output.
  await Promise.all([context.stdout.taken(), context.stderr.taken()]);
  process.exit(exitCode);
}

await main();
