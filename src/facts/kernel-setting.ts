import type { Fact } from '../core/fact.ts';
import { fileContent } from './file-content.ts';

/** The file of a setting: dots are folders, and a slash stands for a dot in a name, as in `net.ipv4.conf.eth0/5.rp_filter`. */
export function kernelSettingPath(name: string): string {
  const folders = name.split('.').map((part) => part.replaceAll('/', '.'));
  return `/proc/sys/${folders.join('/')}`;
}

/** Several numbers in one setting have tabs between them when read, and whatever their author likes when written. */
export function normalizeSetting(value: string): string {
  return value.trim().replaceAll(/\s+/g, ' ');
}

/**
 * A setting below /proc/sys, with one space between its words; undefined where the kernel has none of that name.
 * Goes into one command with contents of files.
 */
export const kernelSetting: Fact<{ readonly name: string }, string | undefined> = {
  joint: fileContent.joint,
  name: 'kernel setting',
  command: ({ name }) => fileContent.command({ path: kernelSettingPath(name) }),
  parse(output, { name }) {
    const content = fileContent.parse(output, { path: kernelSettingPath(name) });
    return content === undefined ? undefined : normalizeSetting(content);
  },
};
