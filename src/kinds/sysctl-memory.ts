import { MEMORY_FOLDER } from './host-memory.ts';

/** What konvoy remembers of a kernel setting that it changed. */
export interface RememberedSetting {
  /** The value before konvoy changed it first. */
  readonly former: string;
  /** The values that konvoy wrote, or was about to write: a run may have been killed between. */
  readonly ours: readonly string[];
}

/** Where that is kept. */
export function settingMemoryPath(name: string): string {
  return `${MEMORY_FOLDER}/sysctl/${name.replaceAll('/', ':')}`;
}

export function printSetting({ former, ours }: RememberedSetting): string {
  return [former, ...ours].map((line) => `${line}\n`).join('');
}

/** Reads what `printSetting` wrote. */
export function parseSetting(text: string): RememberedSetting {
  const [former = '', ...ours] = text.trimEnd().split('\n');
  return { former, ours };
}

/** Whether the former value is to be put back: what is set now is of konvoy, and another one. */
export function isToPutBack({ former, ours }: RememberedSetting, value: string | undefined): value is string {
  return value !== undefined && value !== former && ours.includes(value);
}
