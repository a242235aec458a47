import { ask } from '../core/fact.ts';
import type { FieldChange } from '../core/plan.ts';
import type { SwapResource } from '../core/resource.ts';
import { fileContent } from '../facts/file-content.ts';
import { type FileStat, fileStat } from '../facts/file-stat.ts';
import { swapEntries, switchedOffEntries, switchOffSwap, switchOnSwap } from '../facts/fstab.ts';
import { type ActiveSwap, procSwaps } from '../facts/proc-swaps.ts';
import { type SwapUnit, swapUnits } from '../facts/swap-units.ts';
import type { Kind } from './kind.ts';
import { seeing } from './seeing.ts';
import { parseSwitchedOff, SWAP_MEMORY_PATH, type SwitchedOff } from './swap-memory.ts';
import { FSTAB, isOwnUnit, writeSwap } from './swap-write.ts';

/** The swap of a host. */
export interface SeenSwap {
  readonly active: readonly ActiveSwap[];
  /** What switches swap on by itself, beside fstab. */
  readonly units: readonly SwapUnit[];
  /** Empty where there is none. */
  readonly fstab: string;
  readonly fstabStat: FileStat | undefined;
  readonly switchedOff: readonly SwitchedOff[];
}

function questions({ host }: SwapResource) {
  return {
    active: ask(procSwaps, host, undefined),
    units: ask(swapUnits, host, undefined),
    fstab: ask(fileContent, host, { path: FSTAB }),
    fstabStat: ask(fileStat, host, { path: FSTAB }),
    memory: ask(fileContent, host, { path: SWAP_MEMORY_PATH }),
  };
}

/** Compressed memory as swap: no entry of fstab is ever about it. */
function isZram(path: string): boolean {
  return /^\/dev\/zram\d+$/.test(path);
}

/** How an area ends up. Something else than fstab and systemd may switch it on again, and only its user knows what. */
function afterwards({ path }: ActiveSwap, { units, fstab }: SeenSwap): string {
  const unexplained = units.length === 0 && swapEntries(fstab).length === 0;
  if (isZram(path) && !units.some(({ unit }) => unit === `${path.slice(1).replaceAll('/', '-')}.swap`)) {
    return 'off until the next boot: disable what makes it too (zramswap.service of zram-tools, zram-config.service)';
  }
  return unexplained
    ? 'off until the next boot: neither /etc/fstab nor systemd switches it on, look for who does'
    : 'off';
}

function describeUnit({ unit, fragment, active }: SwapUnit): string {
  const maker = /^dev-zram\d+\.swap$/.test(unit) && fragment.startsWith('/run/') ? ', made by zram-generator' : '';
  return `${active ? 'active' : 'waits for the next boot'}${maker}`;
}

function diffOff(state: SeenSwap): FieldChange[] {
  const entries = swapEntries(state.fstab);
  return [
    ...state.active.map((area) => ({ field: area.path, before: 'on', after: afterwards(area, state) })),
    ...state.units.map((unit) => ({
      field: unit.unit,
      before: describeUnit(unit),
      after: isOwnUnit(unit) ? 'disabled' : 'masked',
    })),
    ...(entries.length === 0
      ? []
      : [{ field: FSTAB, before: entries.join('\n'), after: switchOffSwap(entries.join('\n')) }]),
  ];
}

function diffBack({ switchedOff, fstab }: SeenSwap): FieldChange[] {
  const entries = switchedOffEntries(fstab).join('\n');
  return [
    ...switchedOff.map((each) =>
      each.is === 'area'
        ? { field: each.path, before: 'switched off by konvoy', after: 'on' }
        : { field: each.unit, before: `${each.how} by konvoy`, after: 'as it was before' },
    ),
    ...(entries === '' ? [] : [{ field: FSTAB, before: switchOffSwap(entries), after: entries }]),
  ];
}

/** Swap is taken off before the kubelet starts, which refuses to run with it, and comes back when nobody minds any more. */
export const swapKind: Kind<SwapResource, SeenSwap> = {
  rollout: 'parallel',

  asks: (wanted) => Object.values(questions(wanted)),

  seen: (wanted, facts) =>
    seeing(facts, (get) => {
      const asked = questions(wanted);
      return {
        is: 'present',
        state: {
          active: get(asked.active),
          units: get(asked.units).filter((unit) => !isOwnUnit(unit) || unit.active || unit.file !== 'disabled'),
          fstab: get(asked.fstab) ?? '',
          fstabStat: get(asked.fstabStat),
          switchedOff: parseSwitchedOff(get(asked.memory) ?? ''),
        },
      };
    }),

  diff(wanted, seen) {
    if (seen.is !== 'present') return [];
    return wanted.off ? diffOff(seen.state) : diffBack(seen.state);
  },

  verb: (wanted) => (wanted.off ? 'delete' : 'create'),

  refusals(wanted, seen) {
    if (seen.is !== 'present') return [];
    const { fstab, fstabStat, units } = seen.state;
    const reasons: string[] = [];
    const changed = wanted.off ? switchOffSwap(fstab) : switchOnSwap(fstab);
    const byHand = `change its lines of type swap on ${wanted.host} yourself`;
    if (changed !== fstab) {
      if (fstabStat?.type !== 'file') reasons.push(`${FSTAB} is a link, which konvoy would cut: ${byHand}`);
      if (fstab.includes('\uFFFD'))
        reasons.push(`${FSTAB} is not written in UTF-8, and konvoy would spoil it: ${byHand}`);
    }
    if (wanted.off) {
      for (const unit of units) {
        if (!isOwnUnit(unit) || unit.file === 'enabled' || unit.file === 'disabled') continue;
        const what = `${unit.fragment} starts at boot without being enabled, so it can be neither disabled nor masked`;
        reasons.push(`${what}: take it out of what pulls it in`);
      }
    }
    return reasons;
  },

  write: writeSwap,
};
