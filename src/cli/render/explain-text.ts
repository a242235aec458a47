import type { Verdict } from '../../core/check.ts';
import type { PathLink } from '../../core/path-link.ts';

/** A link as checks are shown, with what speaks for it. */
export function toVerdict({ verdict, summary, evidence, hint }: PathLink): Verdict {
  switch (verdict) {
    case 'fine':
      return { is: 'pass', summary };
    case 'broken':
      return { is: 'fail', summary: [summary, ...evidence].join('\n  '), ...(hint === undefined ? {} : { hint }) };
    case 'unknown':
      return { is: 'unknown', why: summary };
    case 'skipped':
      return { is: 'skip', why: summary };
  }
}

/** One sentence: where to begin. */
export function printSummary(service: string, links: readonly PathLink[]): string {
  const [first, ...others] = links.filter(({ verdict }) => verdict === 'broken');
  if (first !== undefined) {
    const rest = others.length === 0 ? '' : ` What follows from it: ${others.map(({ id }) => id).join(', ')}.`;
    return `${service} is not reached: ${first.summary}.${rest}`;
  }
  const unread = links.filter(({ verdict }) => verdict === 'unknown');
  if (unread.length === 0) return `${service}: every link holds.`;
  return `${service}: no link is broken as far as could be read; not read: ${unread.map(({ id }) => id).join(', ')}.`;
}
