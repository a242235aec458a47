/** Where a command prints to. */
export interface TextSink {
  write(text: string): void;
  /** When what was written has gone out. Who prints much waits for it: all the rest is held in memory. */
  taken(): Promise<void>;
  readonly isTerminal: boolean;
  /** Characters per line, 80 where unknown. */
  readonly columns: number;
}

/**
 * The outside world as commands see it. `main.ts` makes the real one; tests make their own. A command is a function
 * `(context: CliContext) => Command` in `commands/`; its action ends with `context.exitWith(code)` or throws a
 * `KonvoyError`, which `main.ts` prints with its hint and turns into an exit code.
 */
export interface CliContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Asks a question on the terminal; undefined where there is none. `hidden` does not echo the answer. */
  readonly prompt: ((question: string, options?: { hidden?: boolean }) => Promise<string>) | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  random(): number;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** One of `EXIT`; only `lab exec` passes on what the command it ran ended with. */
  exitWith(code: number): void;
}
