import type { Verdict } from '../../core/check.ts';
import { printConfigPath } from '../../core/address.ts';
import { NO_DOCUMENTS } from '../../core/diagnostic.ts';
import { ApiError, ApplyFailed, CommandFailed, ConfigInvalid, ConnectionError, LockHeld } from '../../core/errors.ts';
import type { Change, Plan } from '../../core/plan.ts';
import type { CheckResult } from '../../engine/verify.ts';
import type { TextSink } from '../context.ts';
import { diagnosticToJson } from './diagnostics.ts';
import type { Json } from './json-value.ts';
import { hintOf, messageOf } from './words.ts';

/** The one document of `--output json`. */
export function writeJson(sink: TextSink, document: Json): void {
  sink.write(`${JSON.stringify(document, null, 2)}\n`);
}

export function changeToJson({ verb, resource, fields }: Change): Json {
  return {
    verb,
    host: resource.host,
    kind: resource.kind,
    address: resource.address,
    component: resource.component,
    because: printConfigPath(resource.because),
    fields: fields.map(({ field, before, after }) => ({ field, before, after })),
  };
}

export function planToJson(plan: Plan): { readonly [name: string]: Json } {
  return {
    digest: plan.digest,
    changes: plan.changes.map(changeToJson),
    hazards: plan.hazards.map(({ id, address, message }) => ({ id, address, message })),
    unreadable: plan.unreadable.map(({ address, host, why }) => ({ address, host, why })),
    deferred: plan.deferred.map(({ address, until }) => ({ address, until })),
    diagnostics: plan.diagnostics.map((diagnostic) => diagnosticToJson(diagnostic, NO_DOCUMENTS)),
  };
}

function verdictToJson(verdict: Verdict): { readonly [name: string]: Json } {
  switch (verdict.is) {
    case 'pass':
      return { verdict: 'pass', summary: verdict.summary };
    case 'warn':
    case 'fail':
      return { verdict: verdict.is, summary: verdict.summary, hint: verdict.hint };
    case 'unknown':
    case 'skip':
      return { verdict: verdict.is, summary: verdict.why };
  }
}

export function checksToJson(results: readonly CheckResult[]): Json {
  return results.map(({ check, verdict }) => ({ id: check.id, title: check.title, ...verdictToJson(verdict) }));
}

/** An error as `{name, message, hint, …}`, with what its class knows. */
export function errorToJson(error: unknown): { readonly [name: string]: Json } {
  const common = {
    name: error instanceof Error ? error.name : 'Error',
    message: messageOf(error),
    hint: hintOf(error),
  };
  if (error instanceof ConfigInvalid) {
    return {
      ...common,
      diagnostics: error.diagnostics.map((diagnostic) => diagnosticToJson(diagnostic, error.documents)),
    };
  }
  if (error instanceof ApplyFailed) {
    return {
      ...common,
      done: error.done.map(changeToJson),
      left: error.left.map(changeToJson),
      failures: error.failures.map((failure) => ({ host: failure.host, ...errorToJson(failure.error) })),
    };
  }
  if (error instanceof ConnectionError) return { ...common, host: error.host, failure: error.failure };
  if (error instanceof CommandFailed) return { ...common, host: error.host, command: error.command, exit: error.exit };
  if (error instanceof ApiError) {
    return { ...common, action: error.action, resource: error.resource, code: error.code };
  }
  if (error instanceof LockHeld) return { ...common, host: error.host, holder: error.holder };
  return common;
}
