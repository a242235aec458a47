import { z } from 'zod';
import { STAGES, type Stage } from '../core/component.ts';
import { KonvoyError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import { isMap, parseDocument, stringify } from 'yaml';

/** More than this is no plan of ours. Bytes. */
const LARGEST = 8 * 1024 * 1024;

const schema = z.strictObject({
  kind: z.literal('KonvoyPlan'),
  version: z.literal(1),
  cluster: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  seed: z.int().min(0).max(0xffff_ffff),
  limit: z.string().optional(),
  until: z.enum(STAGES).optional(),
  upgrade: z.literal(true).optional(),
  text: z.string(),
});

/**
 * What `plan --out` writes: a digest, what a person reads, and what it takes to plan the same again. Nothing is ever
 * executed out of it.
 */
export interface SavedPlan {
  readonly cluster: string;
  readonly digest: string;
  /** Start of the random numbers, 0 to 2^32 − 1. */
  readonly seed: number;
  /** The `--limit` that it was made with. */
  readonly limit?: string | undefined;
  /** The `--until` that it was made with. */
  readonly until?: Stage | undefined;
  /** Whether it was made with `--upgrade`. */
  readonly upgrade?: true | undefined;
  readonly text: string;
}

/** The content of the file. */
export function printSavedPlan({ cluster, digest, seed, limit, until, upgrade, text }: SavedPlan): string {
  const document = {
    kind: 'KonvoyPlan',
    version: 1,
    cluster,
    digest,
    seed,
    ...(limit === undefined ? {} : { limit }),
    ...(until === undefined ? {} : { until }),
    ...(upgrade === undefined ? {} : { upgrade }),
    text,
  };
  return stringify(document, { lineWidth: 0, blockQuote: 'literal' });
}

/** Reads a saved plan. Throws where it is none. */
export function parseSavedPlan(file: string, content: string): SavedPlan {
  const wrong = (cause?: unknown) =>
    new KonvoyError(`${file} is no saved plan`, { hint: 'make one with: konvoy plan --out FILE', cause });
  if (content.length > LARGEST) throw wrong();
  const document = parseDocument(content, { schema: 'core', uniqueKeys: true });
  if (document.errors.length > 0 || !isMap(document.contents)) throw wrong(document.errors[0]);
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!parsed.success) throw wrong(parsed.error);
  const { cluster, digest, seed, limit, until, upgrade, text } = parsed.data;
  return { cluster, digest, seed, limit, until, upgrade, text };
}

/** Hosts, files or the bundle are others than when the plan was saved. */
export class PlanStale extends KonvoyError {
  constructor(file: string, reason: string) {
    super(`${file} is stale: ${reason}; nothing was changed`, {
      hint: `look at what is to be done now: konvoy plan --out ${file}`,
    });
  }
}

/** Throws `PlanStale` unless the fresh plan would do just what was saved. */
export function refuseStale(file: string, saved: SavedPlan, fresh: { plan: Plan; cluster: string }): void {
  if (saved.cluster !== fresh.cluster) {
    throw new PlanStale(file, `it was made for the cluster ${JSON.stringify(saved.cluster)}`);
  }
  if (saved.digest !== fresh.plan.digest) {
    throw new PlanStale(file, 'the hosts, the configuration or the bundle are not what they were when it was made');
  }
}
