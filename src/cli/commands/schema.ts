import { Command, Option } from 'commander';
import type { DocumentName } from '../../config/json-schema.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** `konvoy schema`: the JSON Schema of a file, which editors use to complete and to check. */
export function schemaCommand(context: CliContext): Command {
  return new Command('schema')
    .description('print the JSON Schema of cluster.yaml or inventory.yaml, for editors')
    .addOption(new Option('--document <name>', 'which file').choices(['cluster', 'inventory']).default('cluster'))
    .action(async ({ document }: { document: DocumentName }) => {
      const { jsonSchemaOf } = await import('../../config/json-schema.ts');
      context.stdout.write(`${JSON.stringify(jsonSchemaOf(document), null, 2)}\n`);
      context.exitWith(EXIT.ok);
    });
}
