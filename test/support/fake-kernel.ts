import type { FakeHost } from './fake-host.ts';
import { output } from './fake-host.ts';

/** Plays /proc/sys, `tee` into it, `modprobe`, and the question which modules are there, on a fake host. */
export class FakeKernel {
  /** Modules that are loaded or built in. */
  readonly modules = new Set<string>();
  /** Modules that `modprobe` finds, and the settings that each brings with it. */
  readonly loadable = new Map<string, Readonly<Record<string, string>>>();
  /** Values that the kernel takes; undefined: any. */
  accepts: RegExp | undefined;
  /** /proc/sys is mounted read-only, as in most containers. */
  readOnly = false;
  /** Whether the host has `modprobe`. */
  hasModprobe = true;
  readonly #host: FakeHost;

  constructor(host: FakeHost, settings: Readonly<Record<string, string>>) {
    this.#host = host;
    this.#bring(settings);
    host.on('tee', (argv, stdin) => this.#tee(argv.at(-1) ?? '', stdin));
    host.on('modprobe', (argv) => this.#modprobe(argv.at(-1) ?? ''));
    host.on('sh', (argv) => {
      if (argv[3] !== 'kernel-module') return output('', 2, `sh: the fake does not know ${argv[3]}\n`);
      const names = argv.slice(4);
      return output(names.map((name) => `${name} ${this.modules.has(name) ? 'there' : 'missing'}\n`).join(''));
    });
  }

  /** The value of a setting, without the line's end. */
  read(name: string): string | undefined {
    return this.#host.files.read(`/proc/sys/${name.replaceAll('.', '/')}`)?.trimEnd();
  }

  #bring(settings: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(settings)) {
      this.#host.files.put(`/proc/sys/${name.replaceAll('.', '/')}`, `${value}\n`);
    }
  }

  #tee(path: string, stdin: string) {
    const complain = (reason: string) => output(stdin, 1, `tee: ${path}: ${reason}\n`);
    if (this.#host.files.get(path) === undefined) return complain('No such file or directory');
    if (this.readOnly) return complain('Read-only file system');
    if (this.accepts?.test(stdin.trimEnd()) === false) return complain('Invalid argument');
    // The kernel prints several numbers with tabs between them.
    this.#host.files.write(path, `${stdin.trimEnd().replaceAll(' ', '\t')}\n`);
    return output(stdin);
  }

  #modprobe(module: string) {
    if (!this.hasModprobe) return output('', 127, 'sh: 1: modprobe: not found\n');
    const name = module.replaceAll('-', '_');
    const settings = this.loadable.get(name);
    if (settings === undefined) {
      return output('', 1, `modprobe: FATAL: Module ${module} not found in directory /lib/modules/6.1.0-21-amd64\n`);
    }
    this.modules.add(name);
    this.#bring(settings);
    return output('');
  }
}
