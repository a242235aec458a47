import { MEMORY_FOLDER } from './host-memory.ts';

/** What konvoy remembers of a kernel setting that it changed. */
export interface RememberedSetting {
  /** The value before konvoy changed it first. */
  readonly former: string;
  /** The value that konvoy wrote last. */
  readonly ours: string;
}

/** Where that is kept. */
export function settingMemoryPath(name: string): string {
  return `${MEMORY_FOLDER}/sysctl/${name.replaceAll('/', ':')}`;
}

export function printSetting({ former, ours }: RememberedSetting): string {
  return `${former}\n${ours}\n`;
}

/** Reads what `printSetting` wrote. */
export function parseSetting(text: string): RememberedSetting {
  const [former = '', ours = ''] = text.split('\n');
  return { former, ours };
}
