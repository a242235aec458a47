// Writes the pages of docs/reference that follow from the schemas.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from '../src/config/reference-pages.ts';

for (const [name, text] of referencePages()) {
  writeFileSync(join(import.meta.dirname, '../docs/reference', name), text);
}
