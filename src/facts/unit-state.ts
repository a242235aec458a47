import { type Fact, FactUnreadable, type Joint } from '../core/fact.ts';
import { joinLastWords } from './joint-words.ts';

/** What systemd knows of a unit, in its own words. */
export interface UnitState {
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`. */
  readonly active: string;
  /** `running`, `exited`, `dead`, `waiting`, … */
  readonly sub: string;
  /** `enabled`, `disabled`, `static`, `masked`, `masked-runtime`, … Empty where there is no unit file. */
  readonly file: string;
  /** How a service counts as started: `simple`, `notify`, `oneshot`, …; empty for what is no service. */
  readonly type: string;
  readonly canReload: boolean;
  /** Whether files changed since systemd read them. */
  readonly needsDaemonReload: boolean;
  /** How often systemd restarted it by itself. */
  readonly restarts: number;
}

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'Type',
  'CanReload',
  'NeedDaemonReload',
  'NRestarts',
];

/** Units are shown in the order in which they were asked for, with an empty line between (systemctl(1), show). */
const joint: Joint = {
  join: joinLastWords,
  split(output, questions) {
    const blocks = output.stdout.trimEnd().split('\n\n');
    if (blocks.length !== questions.length) return questions.map(() => ({ ...output, stdout: '' }));
    return blocks.map((stdout) => ({ ...output, stdout }));
  },
};

/** `systemctl show` of one unit. A unit that does not exist is an answer (`not-found`), not an error. */
export const unitState: Fact<{ readonly unit: string }, UnitState> = {
  name: 'unit-state',
  joint,
  command: ({ unit }) => ['systemctl', 'show', `--property=${PROPERTIES.join(',')}`, '--', unit],
  parse({ exit, stdout, stderr }) {
    if (exit === 127) throw new FactUnreadable('there is no systemctl; konvoy needs systemd');
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `systemctl ended with exit code ${exit}`);
    const values = new Map(
      stdout
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
    );
    const load = values.get('LoadState');
    const active = values.get('ActiveState');
    if (load === undefined || active === undefined) throw new FactUnreadable('systemctl show left out LoadState');
    return {
      load,
      active,
      sub: values.get('SubState') ?? '',
      file: values.get('UnitFileState') ?? '',
      type: values.get('Type') ?? '',
      canReload: values.get('CanReload') === 'yes',
      needsDaemonReload: values.get('NeedDaemonReload') === 'yes',
      restarts: Number(values.get('NRestarts') ?? '0'),
    };
  },
};

/** Unit files that are enabled, or cannot be and need not be (systemctl(1), is-enabled). */
const NEEDS_NO_ENABLING: ReadonlySet<string> = new Set(['enabled', 'static', 'alias', 'indirect', 'generated']);

/** Whether a unit starts with the machine, or is not of a sort that could. */
export function startsAtBoot({ file }: UnitState): boolean {
  return NEEDS_NO_ENABLING.has(file);
}
