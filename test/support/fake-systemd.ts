import type { FakeHost } from './fake-host.ts';
import { output } from './fake-host.ts';

/** One unit of the simulated systemd. */
export interface FakeUnit {
  load: string;
  active: string;
  file: string;
  type: string;
  canReload: boolean;
  needsDaemonReload: boolean;
  restarts: number;
  /** A unit that is started and found dead a moment later. */
  dies?: boolean;
}

/** Plays `systemctl`, `journalctl` and `sleep` on a fake host. Keeps what was called in `calls`. */
export class FakeSystemd {
  readonly units = new Map<string, FakeUnit>();
  /** `VERB UNIT`, in order; `show` is left out. */
  readonly calls: string[] = [];
  journal = '';
  /** Called when a unit is restarted. */
  onRestart: (name: string) => void = () => {};

  constructor(host: FakeHost) {
    host.on('sleep', () => output(''));
    host.on('journalctl', () => output(this.journal));
    host.on('systemctl', (argv) => {
      const words = argv.slice(1).filter((word) => !word.startsWith('-'));
      const [verb = '', name = '', ...others] = words;
      if (verb === 'show' && others.length > 0) {
        return output([name, ...others].map((unit) => printShow(this.units.get(unit))).join('\n'));
      }
      if (verb !== 'show') this.calls.push(words.join(' '));
      const called = this.#call(verb, name);
      if (called.exit !== 0 || !argv.includes('--now')) return called;
      this.calls.push(`start ${name}`);
      return this.#call('start', name);
    });
  }

  /** Adds a unit that is stopped and disabled. */
  add(name: string, more: Partial<FakeUnit> = {}): FakeUnit {
    const unit: FakeUnit = {
      load: 'loaded',
      active: 'inactive',
      file: 'disabled',
      type: 'notify',
      canReload: true,
      needsDaemonReload: false,
      restarts: 0,
      ...more,
    };
    this.units.set(name, unit);
    return unit;
  }

  #call(verb: string, name: string) {
    if (verb === 'daemon-reload') {
      for (const each of this.units.values()) each.needsDaemonReload = false;
      return output('');
    }
    const unit = this.units.get(name);
    if (verb === 'show') return output(printShow(unit));
    if (verb === 'mask' || verb === 'unmask') return output('');
    if (unit === undefined) return output('', 5, `Unit ${name} not loaded.\n`);
    if (verb === 'enable') unit.file = 'enabled';
    else if (verb === 'disable') unit.file = 'disabled';
    else if (verb === 'stop') unit.active = 'inactive';
    else if (verb === 'restart') this.onRestart(name);
    if (verb === 'start' || verb === 'restart') unit.active = unit.dies === true ? 'failed' : 'active';
    return output('');
  }
}

function printShow(unit: FakeUnit | undefined): string {
  const { load, active, file, type, canReload, needsDaemonReload, restarts } = unit ?? {
    load: 'not-found',
    active: 'inactive',
    file: '',
    type: '',
    canReload: false,
    needsDaemonReload: false,
    restarts: 0,
  };
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  return [
    `NRestarts=${restarts}`,
    `LoadState=${load}`,
    `ActiveState=${active}`,
    `SubState=${active === 'active' ? 'running' : 'dead'}`,
    `UnitFileState=${file}`,
    `Type=${type}`,
    `CanReload=${yes(canReload)}`,
    `NeedDaemonReload=${yes(needsDaemonReload)}`,
    '',
  ].join('\n');
}
