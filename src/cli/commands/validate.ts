import { Command } from 'commander';
import { type Diagnostic, type Documents, hasErrors } from '../../core/diagnostic.ts';
import { ConfigInvalid } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { addClusterOptions, type ClusterOptions } from '../options.ts';
import { diagnosticToJson, printDiagnostics, summarizeDiagnostics } from '../render/diagnostics.ts';
import { writeJson } from '../render/json.ts';
import { chooseStyle } from '../render/style.ts';

interface Judged {
  readonly diagnostics: readonly Diagnostic[];
  readonly documents: Documents;
}

/** `konvoy validate`: says everything there is to say about both files, without contacting hosts. */
export function validateCommand(context: CliContext): Command {
  return addClusterOptions(
    new Command('validate').description('judge cluster.yaml and inventory.yaml, without contacting hosts'),
  ).action(async (options: ClusterOptions, command: Command) => {
    const inventoryIsOptional = command.getOptionValueSource('inventory') === 'default';
    const { diagnostics, documents } = await judge(context, options, inventoryIsOptional);
    const ok = !hasErrors(diagnostics);
    if (options.output === 'json') {
      const list = diagnostics.map((diagnostic) => diagnosticToJson(diagnostic, documents, options.config));
      writeJson(context.stdout, { ok, diagnostics: list });
    } else {
      const style = chooseStyle(context.stdout, { color: options.color, env: context.env });
      const text = printDiagnostics(diagnostics, documents, { style, columns: context.stdout.columns });
      const files = documents.texts.size === 0 ? [options.config] : [...documents.texts.keys()];
      context.stdout.write(`${text}${text === '' ? '' : '\n'}${summarizeDiagnostics(diagnostics, files)}\n`);
    }
    context.exitWith(ok ? EXIT.ok : EXIT.invalidConfig);
  });
}

/** An inventory that the user has named must be there; without one the cluster is judged alone. */
async function judge(context: CliContext, options: ClusterOptions, inventoryIsOptional: boolean): Promise<Judged> {
  const { readConfig } = await import('../read-config.ts');
  const { remarksOf } = await import('../remarks.ts');
  try {
    const loaded = await readConfig(context, options, { inventoryIsOptional });
    const { topology, sections, diagnostics, documents } = loaded;
    const remarks = topology === undefined || sections === undefined ? [] : remarksOf(sections, topology);
    return { diagnostics: [...diagnostics, ...remarks], documents };
  } catch (error) {
    // A file that cannot be read is a finding like any other, and has the same form.
    if (error instanceof ConfigInvalid) return error;
    throw error;
  }
}
