import { z } from 'zod';
import { clusterSchema } from './cluster-schema.ts';
import { inventorySchema } from './inventory-schema.ts';
import { provisionerSchema } from './provisioner-schema.ts';

export type DocumentName = 'cluster' | 'inventory';

/** The JSON Schema of a file, for editors: of each of its documents, told apart by `kind`. */
export function jsonSchemaOf(document: DocumentName): Readonly<Record<string, unknown>> {
  if (document === 'inventory') return { title: 'inventory.yaml of konvoy', ...plain(inventorySchema) };
  const { $schema, ...cluster } = plain(clusterSchema);
  const { $schema: _same, ...provisioner } = plain(provisionerSchema);
  return { $schema, title: 'cluster.yaml of konvoy', oneOf: [cluster, provisioner] };
}

function plain(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
