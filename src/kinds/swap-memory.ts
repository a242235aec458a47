import { MEMORY_FOLDER } from './host-memory.ts';

/** Where konvoy keeps what it switched off. */
export const SWAP_MEMORY_PATH = `${MEMORY_FOLDER}/swap`;

/** Something that konvoy switched off, so that it can come back. */
export type SwitchedOff =
  | { readonly is: 'area'; readonly path: string; readonly priority: number }
  | {
      readonly is: 'unit';
      readonly unit: string;
      /** Masked where it comes from a package or a generator; disabled where its user wrote it below /etc. */
      readonly how: 'masked' | 'disabled';
      readonly wasActive: boolean;
    };

/** One line each. */
export function printSwitchedOff(all: readonly SwitchedOff[]): string {
  return all
    .map((each) =>
      each.is === 'area'
        ? `area ${each.priority} ${each.path}\n`
        : `unit ${each.how} ${each.wasActive ? 'active' : 'inactive'} ${each.unit}\n`,
    )
    .join('');
}

/** Reads what `printSwitchedOff` wrote; other lines are left out. */
export function parseSwitchedOff(text: string): readonly SwitchedOff[] {
  return text.split('\n').flatMap((line): SwitchedOff[] => {
    const area = /^area (-?\d+) (.+)$/.exec(line);
    if (area !== null) return [{ is: 'area', path: area[2] ?? '', priority: Number(area[1]) }];
    const unit = /^unit (masked|disabled) (active|inactive) (.+)$/.exec(line);
    if (unit === null) return [];
    const how = unit[1] === 'masked' ? 'masked' : 'disabled';
    return [{ is: 'unit', unit: unit[3] ?? '', how, wasActive: unit[2] === 'active' }];
  });
}

/** What was remembered with what comes to it; what was switched off first counts. */
export function withMore(known: readonly SwitchedOff[], more: readonly SwitchedOff[]): readonly SwitchedOff[] {
  const nameOf = (each: SwitchedOff) => (each.is === 'area' ? each.path : each.unit);
  return [...known, ...more.filter((each) => !known.some((old) => nameOf(old) === nameOf(each)))];
}
