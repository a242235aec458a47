import type { ProbeAnswer, ProbeFailure } from '../../facts/probe-answers.ts';
import type { Probe } from './probes.ts';

/** What came of a probe. */
export interface ProbeResult extends Probe {
  readonly ok: boolean;
  /** Why it failed; empty where it did not. */
  readonly why: string;
  /** Undefined where the probe could not be made. */
  readonly answer: ProbeAnswer | undefined;
}

const FAILURES: Readonly<Record<ProbeFailure, string>> = {
  timeout: 'no answer',
  refused: 'refused',
  unreachable: 'no route',
  'too-big': 'too big for the way',
  'no-such-name': 'there is no such name',
  'server-failure': 'the name server failed',
  other: 'failed',
};

/** In a few words why a question has no answer. */
function whyNot({ failure = 'other', error = '', pathMtu }: ProbeAnswer): string {
  if (failure === 'other') return error === '' ? FAILURES.other : error;
  return pathMtu === undefined ? FAILURES[failure] : `${FAILURES[failure]}, which takes ${pathMtu} bytes`;
}

/** A client that is refused knows at once that nobody is there. */
function refusedOr(answer: ProbeAnswer): string {
  return answer.failure === 'refused' ? '' : `${whyNot(answer)}, where it should be refused`;
}

function faultOf({ kind, by, address }: Probe, answer: ProbeAnswer): string {
  if (kind === 'policy-deny') return answer.ok ? 'answered all the same' : '';
  if (kind === 'service-empty') return answer.ok ? 'answered all the same' : refusedOr(answer);
  if (kind === 'dns-outside' && answer.failure === 'no-such-name') return '';
  if (!answer.ok) return whyNot(answer);
  if (by !== undefined && !by.includes(answer.by ?? ''))
    return `somebody else answered: ${answer.by ?? 'no pod of this run'}`;
  if (address !== undefined && !answer.addresses?.includes(address)) {
    return `resolves to ${answer.addresses?.join(', ') || 'nothing'}, not to ${address}`;
  }
  return '';
}

/** Judges the answer to a probe. */
export function resultOf(probe: Probe, answer: ProbeAnswer): ProbeResult {
  const why = faultOf(probe, answer);
  return { ...probe, ok: why === '', why, answer };
}

/** A probe that could not be made. */
export function unaskable(probe: Probe, why: string): ProbeResult {
  return { ...probe, ok: false, why, answer: undefined };
}
