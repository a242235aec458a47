import type { Watched } from '../../components/verification/watch-targets.ts';
import type { VerifiedRow } from '../../components/verification/judge.ts';
import type { Finding } from '../../components/verification/layers.ts';
import type { Verdict } from '../../core/check.ts';
import { sumUp, type WatchOutcome } from '../../engine/verification/watch-network.ts';
import type { Json } from './json-value.ts';

/** Lines of evidence that are shown for one fault; JSON has them all. */
const EVIDENCE_SHOWN = 6;

function findingLines({ layer, summary, evidence }: Finding): readonly string[] {
  const shown = evidence.slice(0, EVIDENCE_SHOWN).map((line) => `  ${line}`);
  const rest = evidence.length - shown.length;
  return [`${layer}: ${summary}`, ...shown, ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

/**
 * A row as checks are shown: what failed, which layer is at fault, what speaks for it, and what to do. A fault that stands in a
 * row above, in `told`, is only named; the others are added to it.
 */
export function verdictOf({ verdict, summary, findings }: VerifiedRow, told: Set<string>): Verdict {
  if (verdict === 'pass') return { is: 'pass', summary };
  if (verdict === 'skip') return { is: 'skip', why: summary };
  const lines = [summary];
  const hints = new Set<string>();
  for (const finding of findings) {
    const name = `${finding.layer}: ${finding.summary}`;
    if (told.has(name)) lines.push(`${name}, as above`);
    else {
      lines.push(...findingLines(finding));
      hints.add(finding.hint);
    }
    told.add(name);
  }
  const hint = [...hints].join('\n  hint: ');
  return { is: verdict, summary: lines.join('\n  '), ...(hint === '' ? {} : { hint }) };
}

export function rowsToJson(rows: readonly VerifiedRow[]): Json {
  return rows.map(({ failures, findings, ...row }) => ({
    ...row,
    failures: failures.map((failure) => ({ ...failure })),
    findings: findings.map((finding) => ({ ...finding })),
  }));
}

export function watchToJson({ targets, silent, milliseconds }: WatchOutcome): Json {
  return {
    milliseconds,
    targets: targets.map((target) => ({ ...target })),
    silent: silent.map((one) => ({ ...one })),
  };
}

/** In the order in which they are shown. */
const WAYS: readonly { readonly by: Watched['by']; readonly title: string }[] = [
  { by: 'new connection', title: 'pod → pod, new connections' },
  { by: 'held connection', title: 'pod → pod, held connections' },
  { by: 'Service', title: 'pod → Service' },
  { by: 'name', title: 'names' },
];

/** For a person: what came of each way, the worst of them by name. */
export function printWatch({ targets, silent, milliseconds }: WatchOutcome): string {
  const lines = WAYS.flatMap(({ by, title }) => {
    const own = targets.filter((target) => target.by === by);
    const again = own.reduce((sum, { reconnects = 0 }) => sum + reconnects, 0);
    const broken = again === 0 ? '' : `, ${again} connections broke`;
    return own.length === 0 ? [] : [`${title}: ${sumUp(own)}${broken}\n`];
  });
  const lost = silent.map(({ node, why }) => `the pod on ${node} said nothing at the end: ${why}\n`);
  return `watched for ${(milliseconds / 1000).toFixed(1)}s\n${[...lines, ...lost].join('')}`;
}
