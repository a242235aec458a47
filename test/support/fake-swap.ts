import type { FakeHost } from './fake-host.ts';
import { output } from './fake-host.ts';

/** One swap unit of the simulated systemd. */
export interface FakeSwapUnit {
  /** The area that it switches on. */
  readonly area: string;
  readonly fragment: string;
  file: string;
  masked: boolean;
  active: boolean;
}

/** Plays /proc/swaps, `swapoff`, `swapon` and systemd's swap units on a fake host. Never on a real one. */
export class FakeSwap {
  /** What is on: path and priority. */
  readonly areas = new Map<string, number>();
  readonly units = new Map<string, FakeSwapUnit>();
  /** Areas whose content does not fit into memory. */
  readonly full = new Set<string>();
  readonly calls: string[] = [];
  readonly #host: FakeHost;

  constructor(host: FakeHost) {
    this.#host = host;
    this.#print();
    host.on('swapoff', (argv) => this.#swapoff(argv.at(-1) ?? ''));
    host.on('swapon', (argv) => this.#swapon(argv.slice(1)));
    host.on('systemctl', (argv) => this.#systemctl(argv.slice(1)));
  }

  /** Switches an area on. */
  on(path: string, priority = -2): this {
    this.areas.set(path, priority);
    this.#print();
    return this;
  }

  /** Adds a unit that is active, and its area. */
  unit(name: string, area: string, fragment: string, file: string): this {
    this.units.set(name, { area, fragment, file, masked: false, active: true });
    return this.on(area, 100);
  }

  #print(): void {
    const lines = [...this.areas].map(
      ([path, priority]) => `${path.replaceAll(' ', '\\040').padEnd(40)}partition\t8388604\t\t0\t\t${priority}\n`,
    );
    this.#host.files.put('/proc/swaps', `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n${lines.join('')}`);
  }

  #swapoff(path: string) {
    const fail = (reason: string) => output('', 4, `swapoff: ${path}: swapoff failed: ${reason}\n`);
    if (!this.areas.has(path)) return fail('Invalid argument');
    if (this.full.has(path)) return fail('Cannot allocate memory');
    this.calls.push(`swapoff ${path}`);
    this.areas.delete(path);
    for (const unit of this.units.values()) if (unit.area === path) unit.active = false;
    this.#print();
    return output('');
  }

  #swapon(words: readonly string[]) {
    const path = words.at(-1) ?? '';
    const priority = words.find((word) => word.startsWith('--priority='))?.slice('--priority='.length);
    if (this.areas.has(path)) return output('', 255, `swapon: ${path}: swapon failed: Device or resource busy\n`);
    if (path.startsWith('/dev/gone'))
      return output('', 255, `swapon: cannot open ${path}: No such file or directory\n`);
    this.on(path, priority === undefined ? -2 : Number(priority));
    return output('');
  }

  #systemctl(all: readonly string[]) {
    const [verb = '', name = ''] = all.filter((word) => !word.startsWith('-'));
    if (verb === 'show') return output([...this.units].map(([id, unit]) => printUnit(id, unit)).join('\n'));
    this.calls.push(`${verb} ${name}`.trim());
    if (verb === 'daemon-reload') return output('');
    const unit = this.units.get(name);
    if (unit === undefined) return output('', 5, `Unit ${name} not loaded.\n`);
    if (verb === 'mask' && unit.fragment.startsWith('/etc/systemd/system/')) {
      return output('', 1, `Failed to mask unit: File ${unit.fragment} already exists.\n`);
    }
    if (verb === 'mask') unit.masked = true;
    if (verb === 'unmask') unit.masked = false;
    if (verb === 'enable') unit.file = 'enabled';
    if (verb === 'disable') unit.file = 'disabled';
    if (verb === 'start') {
      if (unit.masked) return output('', 1, `Failed to start ${name}: Unit ${name} is masked.\n`);
      unit.active = true;
      this.on(unit.area, 100);
    }
    return output('');
  }
}

function printUnit(id: string, { fragment, file, masked, active }: FakeSwapUnit): string {
  return [
    `Id=${id}`,
    `LoadState=${masked ? 'masked' : 'loaded'}`,
    `ActiveState=${active ? 'active' : 'inactive'}`,
    `FragmentPath=${masked ? `/etc/systemd/system/${id}` : fragment}`,
    `UnitFileState=${masked ? 'masked' : file}`,
    '',
  ].join('\n');
}
