import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Argv, CommandOutput } from '../../src/core/fact.ts';
import { ADMIN_CONF } from '../../src/facts/cluster-state.ts';

/** A folder in which commands for hosts are run by this machine's own shell, with a script in place of kubectl. */
export class ScriptedKubectl {
  readonly folder = mkdtempSync(join(tmpdir(), 'konvoy-kubectl-'));

  /** `script` is the text of a program of sh, without its first line. */
  constructor(script: (folder: string) => string) {
    mkdirSync(join(this.folder, 'bin'));
    writeFileSync(join(this.folder, 'admin.conf'), '');
    writeFileSync(join(this.folder, 'bin/kubectl'), `#!/bin/sh\n${script(this.folder)}`, { mode: 0o755 });
  }

  /** Runs a command; the administrator's credentials are those of the folder. */
  run([program, ...words]: Argv): CommandOutput {
    const args = words.map((word) => word.replaceAll(ADMIN_CONF, join(this.folder, 'admin.conf')));
    const env = { PATH: `${this.folder}/bin:${process.env.PATH}`, LC_ALL: 'C' };
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
    return { exit: status ?? 128, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
