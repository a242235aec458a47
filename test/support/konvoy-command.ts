import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The command line that is konvoy: the built one where it is newer than every source (that is what users run, and it
 * starts quickly), else the sources.
 */
export function konvoyCommand(): [string, ...string[]] {
  const built = join(ROOT, 'dist/konvoy.js');
  if (existsSync(built) && statSync(built).mtimeMs > newestSource()) return [process.execPath, built];
  return [process.execPath, '--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), join(ROOT, 'src/main.ts')];
}

function newestSource(): number {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  return Math.max(
    ...files.filter((file) => file.isFile()).map((file) => statSync(join(file.parentPath, file.name)).mtimeMs),
  );
}
