import { Command } from 'commander';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { ConfigInvalid } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { addClusterOptions, type ClusterOptions } from '../options.ts';
import {
  diagnosticToJson,
  type PlacedDiagnostic,
  printDiagnostics,
  summarizeDiagnostics,
} from '../render/diagnostics.ts';
import { writeJson } from '../render/json.ts';
import { chooseStyle } from '../render/style.ts';

interface Judged {
  readonly placed: readonly PlacedDiagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

/** `konvoy validate`: says everything there is to say about both files, without contacting hosts. */
export function validateCommand(context: CliContext): Command {
  return addClusterOptions(
    new Command('validate').description('judge cluster.yaml and inventory.yaml, without contacting hosts'),
  ).action(async (options: ClusterOptions, command: Command) => {
    const { placed, texts } = await judge(context, options, command.getOptionValueSource('inventory') === 'default');
    const ok = !placed.some(({ diagnostic }) => diagnostic.severity === 'error');
    if (options.output === 'json') {
      writeJson(context.stdout, { ok, diagnostics: placed.map(diagnosticToJson) });
    } else {
      const style = chooseStyle(context.stdout, { color: options.color, env: context.env });
      const text = printDiagnostics(placed, texts, { style, columns: context.stdout.columns });
      const files = texts.size === 0 ? [options.config] : [...texts.keys()];
      context.stdout.write(`${text}${text === '' ? '' : '\n'}${summarizeDiagnostics(placed, files)}\n`);
    }
    context.exitWith(ok ? EXIT.ok : EXIT.invalidConfig);
  });
}

/** An inventory that the user has named must be there; without one the cluster is judged alone. */
async function judge(context: CliContext, options: ClusterOptions, inventoryIsOptional: boolean): Promise<Judged> {
  const { loadFiles, readFiles } = await import('../read-config.ts');
  const { remarksOf } = await import('../remarks.ts');
  try {
    const files = await readFiles(context, options, { inventoryIsOptional });
    const loaded = loadFiles(context, files);
    const remarks =
      loaded.topology === undefined || loaded.sections === undefined ? [] : remarksOf(loaded.sections, loaded.topology);
    const placed = [...loaded.diagnostics, ...remarks].map((diagnostic) =>
      place(diagnostic, files.cluster.file, loaded.locate),
    );
    const texts = new Map(
      [files.cluster, files.inventory].flatMap((file) => (file === undefined ? [] : [[file.file, file.text]])),
    );
    return { placed, texts };
  } catch (error) {
    // A file that cannot be read is a finding like any other, and has the same form.
    if (!(error instanceof ConfigInvalid)) throw error;
    const placed = error.diagnostics.map((diagnostic) =>
      place(diagnostic, options.config, (at) => ({ file: at.file, line: 1, column: 1 })),
    );
    return { placed, texts: new Map() };
  }
}

function place(
  diagnostic: Diagnostic,
  file: string,
  locate: (at: Exclude<NonNullable<Diagnostic['at']>, { line: number }>) => PlacedDiagnostic['position'],
): PlacedDiagnostic {
  const { at } = diagnostic;
  if (at === undefined) return { diagnostic, position: { file, line: 1, column: 1 } };
  return { diagnostic, position: 'line' in at ? at : locate(at) };
}
