import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Go } from './go-toolchain.ts';
import { runLocal } from './local-command.ts';
import { type Buildable, type BuiltPart, keepBuilt } from './part-cache.ts';
import type { GoModuleName, PinnedProgram } from './pinned-part.ts';
import { LINKED_VALUES } from './pinned-parts.ts';

/** What every build of a module shares. */
export interface GoWorkshop {
  /** Where modules, compiled packages and parts are kept. */
  readonly cache: string;
  /** The folder with one small module for each project: `lab/go`. */
  readonly recipes: string;
  readonly go: Go;
  readonly signal: AbortSignal;
}

const FLAGS = ['-mod=readonly', '-buildvcs=false', '-trimpath'];

/** A program with everything that decides how it comes out. */
export async function describeProgram(
  workshop: Pick<GoWorkshop, 'recipes' | 'go'>,
  program: PinnedProgram,
): Promise<Buildable> {
  const { name, version, licence, origin, module } = program;
  const settings = [...FLAGS, linkerFlags(module), program.package, workshop.go.version, process.arch];
  return { name, version, licence, origin, inputs: [...settings, ...(await readRecipe(workshop, module))] };
}

/** The texts that decide what a module of `lab/go` gives: its `go.mod`, `go.sum`, and what it has of Go files itself. */
export async function readRecipe({ recipes }: Pick<GoWorkshop, 'recipes'>, module: GoModuleName): Promise<string[]> {
  const files = (await readdir(join(recipes, module))).filter((file) => /^go\.(mod|sum)$|\.go$/.test(file)).sort();
  return await Promise.all(files.map((file) => readFile(join(recipes, module, file), 'utf8')));
}

/**
 * Builds programs of one module, all at once: what they share is compiled once. What was compiled before a failure or an
 * abort is kept, so that the next run goes on there.
 */
export async function buildPrograms(
  workshop: GoWorkshop,
  module: GoModuleName,
  programs: readonly { readonly program: PinnedProgram; readonly part: Buildable }[],
): Promise<BuiltPart[]> {
  await mkdir(join(workshop.cache, 'go'), { recursive: true });
  const out = await mkdtemp(join(workshop.cache, 'go', `.${module}-`));
  try {
    await runLocal(
      workshop.go.command,
      [
        'build',
        ...FLAGS,
        '-ldflags',
        linkerFlags(module),
        '-o',
        `${out}/`,
        ...programs.map(({ program }) => program.package),
      ],
      { cwd: join(workshop.recipes, module), env: goSettings(workshop.cache), signal: workshop.signal },
    );
    return await Promise.all(
      programs.map(({ program, part }) =>
        keepBuilt(workshop.cache, part, (path) => copyFile(join(out, builtName(program.package)), path)),
      ),
    );
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** The folder of a module that `go.mod` names, downloaded and compared with `go.sum`. */
export async function moduleFolder(workshop: GoWorkshop, module: GoModuleName, path: string): Promise<string> {
  const settings = { cwd: join(workshop.recipes, module), env: goSettings(workshop.cache), signal: workshop.signal };
  await runLocal(workshop.go.command, ['mod', 'download', path], settings);
  return await runLocal(workshop.go.command, ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', path], settings);
}

function linkerFlags(module: GoModuleName): string {
  return ['-s', '-w', ...LINKED_VALUES[module].map((value) => `-X ${value}`)].join(' ');
}

/** Go names a program by the last part of its package's path that is no major version. */
function builtName(path: string): string {
  return basename(path.replace(/\/v\d+$/, ''));
}

/** Nothing of the user's own settings of Go has a part in it but where modules come from. */
function goSettings(cache: string): Record<string, string> {
  return {
    CGO_ENABLED: '0',
    GOFLAGS: '',
    GOWORK: 'off',
    GOTOOLCHAIN: 'local',
    GOMODCACHE: join(cache, 'go/modules'),
    GOCACHE: join(cache, 'go/build'),
  };
}
