import type { HostAddress } from './address.ts';
import type { PartName } from './part-name.ts';

/** A command with its arguments, each one word. Quoting for a shell happens in one place, `core/shell-quote.ts`. */
export type Argv = readonly [string, ...string[]];

/** What a command printed and how it ended. `exit` is 128 + n where signal n ended it. */
export interface CommandOutput {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Thrown by a fact's parser when the output cannot be understood. The message goes behind "cannot read …: ". */
export class FactUnreadable extends Error {
  override readonly name = 'FactUnreadable';
}

/**
 * How several questions of one fact to one host become one command. Starting processes is what questions cost a host:
 * on forty hosts this halved a run that has nothing to do.
 */
export interface Joint {
  /** One command that answers all of `questions`, two or more commands of the fact. */
  join(questions: readonly Argv[]): Argv;
  /** What each question's own command would have printed, in their order. */
  split(output: CommandOutput, questions: readonly Argv[]): readonly CommandOutput[];
}

/** What the command of a question reads from its standard input: a text, which may be secret, and a part of the bundle behind it. */
export interface FactInput {
  readonly text: string;
  readonly part: PartName;
}

/**
 * One question to a host: a command that changes nothing, and a pure parser of what it prints.
 * Commands run as root with `LC_ALL=C` and a full PATH; a missing command is exit 127.
 */
export interface Fact<A, T> {
  readonly name: string;
  command(args: A): Argv;
  /** None where it reads nothing. What is a secret, or long, stands here and not in the command. */
  input?(args: A): FactInput;
  /** Throws `FactUnreadable` where the output does not tell. Never guesses a default. */
  parse(output: CommandOutput, args: A): T;
  readonly joint?: Joint | undefined;
}

/** A fact asked of one host with its arguments. Two asks with the same `key` are one question. */
export interface Ask<T = unknown> {
  readonly key: string;
  readonly host: HostAddress;
  readonly name: string;
  readonly argv: Argv;
  readonly input: FactInput | undefined;
  readonly parse: (output: CommandOutput) => T;
  /** Two questions with the same `key` and the same of this read one output alike. */
  readonly reading: string;
  /** Questions with the same one may go together. */
  readonly joint: Joint | undefined;
}

/** Makes the question that `fact` asks of `host`. */
export function ask<A, T>(fact: Fact<A, T>, host: HostAddress, args: A): Ask<T> {
  const argv = fact.command(args);
  const input = fact.input?.(args);
  return {
    key: JSON.stringify([host, fact.name, argv, input]),
    host,
    name: fact.name,
    argv,
    input,
    parse: (output) => fact.parse(output, args),
    reading: JSON.stringify(args) ?? '',
    joint: fact.joint,
  };
}

/** From before a question was sent until after its answer came, on the clock of the machine that runs konvoy. */
export interface AskedDuring {
  /** Seconds since the epoch, with a fraction. */
  readonly from: number;
  readonly until: number;
}

/** The answer to a question, or why there is none. `during` is there for whatever a host was really asked. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly during?: AskedDuring }
  | { readonly ok: false; readonly why: string };

/** What has been read so far. Asking for something that nobody put into `asks` is a programming error and throws. */
export interface FactView {
  get<T>(question: Ask<T>): Answer<T>;
}
