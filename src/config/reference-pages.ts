import { metallbConfigSchema } from '../components/metallb/schema.ts';
import { clusterSchema } from './cluster-schema.ts';
import { inventorySchema } from './inventory-schema.ts';
import { provisionerSchema } from './provisioner-schema.ts';
import { codeTable, fieldTable } from './reference-page.ts';

const MADE = '<!-- Made by script/generate-reference.ts; change the schemas, not this page. -->';

/** The pages of docs/reference that follow from the schemas, by file name. */
export function referencePages(): ReadonlyMap<string, string> {
  const page = (...parts: string[]): string => `${[MADE, ...parts].join('\n\n')}\n`;
  return new Map([
    [
      'cluster.md',
      page(
        '# cluster.yaml',
        'Documents of kind ClusterConfiguration and, optionally, ClusterProvisioner. `[]` stands for each item of a list, `*` for any key. `konvoy schema` prints the same for editors.',
        '## ClusterConfiguration',
        fieldTable(clusterSchema),
        '## ClusterProvisioner',
        'Read in part: keys beyond these are ignored with a warning.',
        fieldTable(provisionerSchema),
        '## configInline of the addon metallb',
        fieldTable(metallbConfigSchema),
      ),
    ],
    [
      'inventory.md',
      page(
        '# inventory.yaml',
        'Hosts in the format of Ansible. `*` is the address of a host.',
        fieldTable(inventorySchema),
      ),
    ],
    [
      'diagnostics.md',
      page(
        '# Diagnostics',
        'What `konvoy validate` and other commands say about the files, by code. Codes stay the same.',
        codeTable(),
      ),
    ],
  ]);
}
