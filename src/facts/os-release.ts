import { type Fact, FactUnreadable } from '../core/fact.ts';

/** The distribution (os-release(5)). */
export interface OsRelease {
  /** `debian`, `ubuntu`, `rhel`, `rocky`, … */
  readonly id: string;
  /** `12`, `9.4`; empty for rolling releases. */
  readonly versionId: string;
  readonly prettyName: string;
  /** Which package manager it uses; undefined where konvoy knows none. */
  readonly family: 'debian' | 'redhat' | undefined;
}

const FAMILIES: Readonly<Record<string, OsRelease['family']>> = {
  debian: 'debian',
  ubuntu: 'debian',
  rhel: 'redhat',
  fedora: 'redhat',
  centos: 'redhat',
};

/** Which distribution the host runs. */
export const osRelease: Fact<Record<never, never>, OsRelease> = {
  name: 'os-release',
  command: () => ['cat', '/etc/os-release'],
  parse({ exit, stdout, stderr }) {
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || 'there is no /etc/os-release');
    const values = new Map<string, string>();
    for (const line of stdout.split('\n')) {
      const match = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/.exec(line.trim());
      if (match !== null) values.set(match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '');
    }
    const id = values.get('ID') ?? 'linux';
    const like = (values.get('ID_LIKE') ?? '').split(/\s+/);
    return {
      id,
      versionId: values.get('VERSION_ID') ?? '',
      prettyName: values.get('PRETTY_NAME') ?? id,
      family: [id, ...like].map((name) => FAMILIES[name]).find((family) => family !== undefined),
    };
  },
};
