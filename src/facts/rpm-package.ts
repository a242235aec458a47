import { type Fact, FactUnreadable } from '../core/fact.ts';

/** Version and release of one package in rpm's books; undefined where it is not installed, or there is no rpm. */
export const rpmPackage: Fact<{ readonly name: string }, { readonly version: string } | undefined> = {
  name: 'rpm-package',
  command: ({ name }) => ['rpm', '-q', '--queryformat', '%{VERSION}-%{RELEASE}\\n', '--', name],
  parse({ exit, stdout, stderr }) {
    if (exit === 127 || /is not installed/.test(stdout + stderr)) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `rpm ended with exit code ${exit}`);
    return { version: (stdout.split('\n')[0] ?? '').trim() };
  },
};
