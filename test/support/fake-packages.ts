import type { FakeHost } from './fake-host.ts';
import { output } from './fake-host.ts';

/** Plays dpkg and apt of a Debian on a fake host. */
export class FakePackages {
  readonly installed = new Set<string>();
  readonly held = new Set<string>();
  /** What the repositories have: names and their dependencies. */
  readonly available: Map<string, readonly string[]>;
  /** How often apt was told to install something. */
  installations = 0;
  /** Says that another process holds the lock for this many attempts. */
  lockedFor = 0;

  constructor(host: FakeHost, available: Readonly<Record<string, readonly string[]>>) {
    this.available = new Map(Object.entries(available));
    host.files.put('/etc/os-release', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n');
    host.on('dpkg-query', (argv) => {
      const name = argv.at(-1) ?? '';
      if (!this.installed.has(name)) return output('', 1, `dpkg-query: no packages found matching ${name}\n`);
      return output(`installed|${this.held.has(name) ? 'hold' : 'install'}|1.0\n`);
    });
    host.on('dpkg', () => output(''));
    host.on('apt-mark', (argv) => {
      if (argv[1] === 'hold') this.held.add(argv[2] ?? '');
      else this.held.delete(argv[2] ?? '');
      return output('');
    });
    host.on('apt-get', (argv) => this.#aptGet(argv));
    host.on('env', (argv) => {
      if (argv[2] === 'apt-mark') {
        if (argv[3] === 'hold') for (const name of argv.slice(4)) this.held.add(name);
        return output('');
      }
      if (argv[2] !== 'apt-get') return output('');
      if (this.lockedFor > 0) {
        this.lockedFor -= 1;
        const said =
          'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)\n';
        return output('', 100, said);
      }
      return this.#aptGet(argv.slice(2));
    });
  }

  #aptGet(argv: readonly string[]) {
    const words = argv.slice(1).filter((word, index, all) => !word.startsWith('-') && all[index - 1] !== '-o');
    const [verb, ...names] = words;
    if (verb === 'install') {
      const unknown = names.find((name) => !this.available.has(name));
      if (unknown !== undefined) return output('', 100, `E: Unable to locate package ${unknown}\n`);
      const closure = new Set(names.flatMap((name) => [...(this.available.get(name) ?? []), name]));
      const fresh = [...closure].filter((each) => !this.installed.has(each));
      if (!argv.includes('-s') && !argv.includes('--print-uris')) this.installations += 1;
      if (!argv.includes('-s') && !argv.includes('--print-uris')) for (const each of fresh) this.installed.add(each);
      return output(fresh.map((each) => `Inst ${each} (1.0 Debian:12 [amd64])\n`).join(''));
    }
    if (verb === 'purge') {
      if (!argv.includes('-s')) for (const name of names) this.installed.delete(name);
      return output(names.map((name) => `Purg ${name} [1.0]\n`).join(''));
    }
    return output('');
  }
}
