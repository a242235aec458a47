import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';

/** The first 16 hexadecimal digits of an object's SHA-256: enough to tell two of them apart. */
export function digestOf(object: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16);
}
