import { type Fact, FactUnreadable } from '../core/fact.ts';
import { saysMissing } from './file-stat.ts';

/** containerd's folder of registries: one folder for each, with a `hosts.toml` in it. */
export const REGISTRY_FOLDER = '/etc/containerd/certs.d';

/** Registries that have a `hosts.toml`, sorted: what stands before the names of their images. */
export const registryFolders: Fact<undefined, readonly string[]> = {
  name: 'registry-folders',
  command: () => ['find', REGISTRY_FOLDER, '-mindepth', '2', '-maxdepth', '2', '-name', 'hosts.toml'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0 && saysMissing(stderr)) return [];
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `find ended with exit code ${exit}`);
    const names = stdout.split('\n').map((line) => line.slice(REGISTRY_FOLDER.length + 1, -'/hosts.toml'.length));
    // Another name is none that konvoy could have written.
    return names.filter((name) => /^[\w.:-]+$/.test(name)).sort();
  },
};
