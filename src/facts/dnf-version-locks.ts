import type { Fact } from '../core/fact.ts';
import { fileContent } from './file-content.ts';

/**
 * The list of dnf's versionlock plugin, one `NAME-EPOCH:VERSION-RELEASE.*` a line; undefined where the plugin is not
 * installed (read as a file: asking dnf takes a second).
 */
export const dnfVersionLocks: Fact<Record<never, never>, readonly string[] | undefined> = {
  name: 'dnf-version-locks',
  command: () => fileContent.command({ path: '/etc/dnf/plugins/versionlock.list' }),
  parse(output) {
    return fileContent
      .parse(output, { path: '/etc/dnf/plugins/versionlock.list' })
      ?.split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  },
};
