/** One link of the chain that brings a packet to a service's pods. */
export interface PathLink {
  readonly id: string;
  /** What is true when it holds. */
  readonly title: string;
  readonly verdict: 'fine' | 'broken' | 'unknown' | 'skipped';
  readonly summary: string;
  /** What speaks for the verdict, as it was read. */
  readonly evidence: readonly string[];
  readonly hint?: string;
}

/** What a judge of one link comes to. */
export type LinkFinding = Omit<PathLink, 'id' | 'title' | 'evidence'> & { readonly evidence?: readonly string[] };

/** It holds. */
export function fine(summary: string, ...evidence: readonly string[]): LinkFinding {
  return { verdict: 'fine', summary, evidence };
}

/** It is where the chain breaks. */
export function broken(summary: string, hint: string, ...evidence: readonly string[]): LinkFinding {
  return { verdict: 'broken', summary, hint, evidence };
}

/** There is nothing to judge, because of another link. */
export function skipped(summary: string): LinkFinding {
  return { verdict: 'skipped', summary };
}

/** It could not be read. */
export function unknown(summary: string): LinkFinding {
  return { verdict: 'unknown', summary };
}
