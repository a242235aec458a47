import { type Fact, FactUnreadable } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';

/** Where containerd looks for the network of pods. The first file, by name, counts. */
export const CNI_CONFIG_FOLDER = '/etc/cni/net.d';

/** Names of the files there that containerd would read, sorted as it sorts them. */
export const cniConfigs: Fact<undefined, readonly string[]> = {
  name: 'cni-configs',
  command: () => ['find', CNI_CONFIG_FOLDER, '-mindepth', '1', '-maxdepth', '1', '-type', 'f'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0 && saysMissing(stderr)) return [];
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `find ended with exit code ${exit}`);
    return stdout
      .split('\n')
      .map((path) => path.slice(CNI_CONFIG_FOLDER.length + 1))
      .filter((name) => /\.(conf|conflist|json)$/.test(name))
      .sort();
  },
};
