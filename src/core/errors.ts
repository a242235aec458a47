import type { HostAddress } from './address.ts';
import { type Diagnostic, type Documents, NO_DOCUMENTS } from './diagnostic.ts';
import type { Change } from './plan.ts';

/** The base of everything konvoy throws on purpose: shown as message and hint, without a stack trace. */
export class KonvoyError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** The command line itself is wrong. Exit code 2. */
export class UsageError extends KonvoyError {}

/** The user's files are wrong; all that is wrong with them. Exit code 3. */
export class ConfigInvalid extends KonvoyError {
  readonly diagnostics: readonly Diagnostic[];
  readonly documents: Documents;

  constructor(diagnostics: readonly Diagnostic[], documents: Documents = NO_DOCUMENTS) {
    super('the configuration is not valid');
    this.diagnostics = diagnostics;
    this.documents = documents;
  }
}

/** The cluster is on AWS, and its inventory names no hosts; they may be found there. */
export class HostsMissing extends ConfigInvalid {}

export type ConnectionFailure =
  | 'unreachable'
  | 'refused'
  | 'timeout'
  | 'authentication'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'sudo'
  | 'key-file'
  | 'lost';

/** A host could not be reached, or was lost. */
export class ConnectionError extends KonvoyError {
  readonly host: HostAddress;
  readonly failure: ConnectionFailure;

  constructor(
    host: HostAddress,
    failure: ConnectionFailure,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options);
    this.host = host;
    this.failure = failure;
  }
}

/** A command on a host ended with an exit code that it should not have. `command` can be pasted into a shell there. */
export class CommandFailed extends KonvoyError {
  readonly host: HostAddress;
  readonly command: string;
  readonly exit: number;
  readonly stderr: string;

  constructor(host: HostAddress, command: string, exit: number, stderr: string, hint?: string) {
    const reason = stderr.trim().split('\n').slice(-3).join('; ');
    super(`${host}: \`${command}\` ended with exit code ${exit}${reason === '' ? '' : `: ${reason}`}`, { hint });
    this.host = host;
    this.command = command;
    this.exit = exit;
    this.stderr = stderr;
  }
}

/** The cloud refused a call, or none could be made. `code` is the cloud's own name for it. */
export class ApiError extends KonvoyError {
  readonly action: string;
  readonly resource: string;
  readonly code: string;

  constructor(
    about: { action: string; resource: string; code: string },
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(`${about.action} ${about.resource}: ${message}`, options);
    this.action = about.action;
    this.resource = about.resource;
    this.code = about.code;
  }
}

/** A change was made, did not hold, and was taken back by the host. */
export class ChangeReverted extends KonvoyError {
  readonly host: HostAddress;

  constructor(host: HostAddress, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options);
    this.host = host;
  }
}

/** Some of a plan could not be done. Says what is done and what is left. */
export class ApplyFailed extends KonvoyError {
  readonly done: readonly Change[];
  readonly left: readonly Change[];
  readonly failures: readonly { readonly host: HostAddress; readonly error: unknown }[];

  constructor(
    message: string,
    outcome: {
      done: readonly Change[];
      left: readonly Change[];
      failures: readonly { readonly host: HostAddress; readonly error: unknown }[];
    },
  ) {
    super(message);
    this.done = outcome.done;
    this.left = outcome.left;
    this.failures = outcome.failures;
  }
}

/** Another run writes to the host. `holder` names it: user, machine, process id, since when. */
export class LockHeld extends KonvoyError {
  readonly host: HostAddress;
  readonly holder: string;

  constructor(host: HostAddress, holder: string) {
    super(`${host}: another konvoy run is writing to this host: ${holder}`, {
      hint: 'wait until it has ended; the lock goes away with that run’s SSH session, however it ends',
    });
    this.host = host;
    this.holder = holder;
  }
}
