import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder = '';

/** Gives the tests of a project one folder for all that is temporary, which goes when they have ended, however they did. */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'konvoy-tests-'));
  process.env.TMPDIR = folder;
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
