import { type Fact, FactUnreadable } from '../core/fact.ts';

/** A package in dpkg's books. */
export interface DpkgPackage {
  /** `installed`, or a state between: `unpacked`, `half-configured`, `config-files`, … (dpkg-query(1), db:Status-Status). */
  readonly status: string;
  readonly version: string;
  readonly held: boolean;
}

/** One package as dpkg knows it; undefined where it was never installed, or there is no dpkg. */
export const dpkgPackage: Fact<{ readonly name: string }, DpkgPackage | undefined> = {
  name: 'dpkg-package',
  command: ({ name }) => [
    'dpkg-query',
    '--show',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills this in
    '--showformat=${db:Status-Status}|${db:Status-Want}|${Version}\\n',
    '--',
    name,
  ],
  parse({ exit, stdout, stderr }) {
    if (exit === 127 || /no packages found matching/.test(stderr)) return undefined;
    if (exit !== 0) throw new FactUnreadable(stderr.trim() || `dpkg-query ended with exit code ${exit}`);
    const [status = '', want = '', version = ''] = (stdout.split('\n')[0] ?? '').split('|');
    if (status === '') throw new FactUnreadable('dpkg-query printed nothing');
    return status === 'not-installed' ? undefined : { status, version, held: want === 'hold' };
  },
};
