import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { briefly, clusterText, configOf, HEAD } from '../../test/support/config-of.ts';

const networking = (text: string) => clusterText(`  kubernetes:\n    networking: {${text}}\n`);

describe('traps of YAML', () => {
  const traps: [string, string, string[]][] = [
    ['an empty file', '', ['error document-missing cluster.yaml:1:1']],
    ['comments only', '# nothing\n# here\n', ['error document-missing cluster.yaml:1:1']],
    ['empty documents between real ones', `---\n---\n${HEAD}---\n`, []],
    ['a byte order mark', `\ufeff${HEAD}`, []],
    ['CR LF', clusterText('  kubernetes: {}\n').replaceAll('\n', '\r\n'), []],
    ['a lone CR', `${HEAD}spec: {}\rfoo`, ['error yaml-control-character cluster.yaml:3:9']],
    ['a NUL', `${HEAD}#\u0000`, ['error yaml-control-character cluster.yaml:3:2']],
    ['a tab as indentation', clusterText('\tkubernetes: {}\n'), ['error yaml-tab cluster.yaml:4:1']],
    ['a duplicate key', `${HEAD}spec: {}\nspec: {}\n`, ['error yaml-duplicate-key cluster.yaml:4:1']],
    [
      'yes where true is meant',
      networking('iptables: {addDefaultRules: yes}'),
      ['error wrong-type cluster.yaml:5:46 spec.kubernetes.networking.iptables.addDefaultRules'],
    ],
    ['no as text', clusterText('  version: no\n'), ['warning yaml-old-boolean cluster.yaml:4:12']],
    [
      'a number with leading zeros',
      clusterText('  containerNetworking: {calico: {mtu: 01480}}\n'),
      ['error yaml-octal-number cluster.yaml:4:39'],
    ],
    ['a sexagesimal number', clusterText('  version: 1:30\n'), ['warning yaml-old-number cluster.yaml:4:12']],
    [
      'a version that is a number',
      clusterText('  kubernetes: {version: 1.30}\n'),
      ['error wrong-type cluster.yaml:4:25 spec.kubernetes.version'],
    ],
    ['an unknown alias', clusterText('  version: *nothing\n'), ['error yaml-alias-unknown cluster.yaml:4:12']],
    ['a tag', clusterText('  version: !vault secret\n'), ['error yaml-tag cluster.yaml:4:19']],
    ['a %YAML 1.1 directive', `%YAML 1.1\n---\n${HEAD}`, ['error yaml-version cluster.yaml:1:1']],
    ['two documents of a kind', `${HEAD}---\n${HEAD}`, ['error document-twice cluster.yaml:4:7 kind']],
    ['a misspelt kind', 'kind: ClusterConfigurations\n', ['error document-kind cluster.yaml:1:7 kind']],
    ['a list', '- a\n', ['error document-kind cluster.yaml:1:1']],
  ];
  it.each(traps)('%s', (_name, text, expected) => {
    expect(briefly(configOf(text)).map((line) => line.replace(/ $/, ''))).toEqual(expected);
  });

  it('takes anchors and merge keys as YAML means them', () => {
    const inventory = `control-plane:\n  hosts:\n    10.1.0.1: &host {ansible_port: 2222, ansible_user: one}\nnode:\n  hosts:\n    10.1.0.2: {<<: *host, ansible_user: two}\n`;
    const { ssh, diagnostics } = configOf(HEAD, inventory);
    expect(diagnostics).toEqual([]);
    expect(ssh.map(({ port, user }) => [port, user])).toEqual([
      [2222, 'one'],
      [2222, 'two'],
    ]);
  });

  it('refuses aliases that grow without end', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) =>
        `a${level}: &a${level} [${level === 0 ? 'x' : `*a${level - 1}`},${level === 0 ? 'x' : `*a${level - 1}`}]\n`,
    );
    expect(briefly(configOf(levels.join('')))).toEqual([expect.stringMatching(/^error yaml-alias-limit/)]);
  });

  const MIB = 1024 * 1024 - 10;
  const floods: [string, string][] = [
    ['[', '['.repeat(MIB)],
    ['- - -', '- '.repeat(MIB / 2)],
    ['{a: {a:', '{a: '.repeat(MIB / 4)],
    ['quotes', '"'.repeat(MIB)],
    ['equal keys', 'a:\n'.repeat(MIB / 3)],
    ['documents', '---\n'.repeat(MIB / 4)],
    ['directives', '%a\n'.repeat(MIB / 3)],
    ['blank lines', '\n'.repeat(MIB)],
    ['deep indentation', Array.from({ length: 1400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['empty flows', '[]\n'.repeat(MIB / 3)],
  ];
  it.each(floods)('judges a mebibyte of %s without trouble', (_name, text) => {
    expect(configOf(text).diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
  });

  it('never crashes, whatever is done to a good file', () => {
    const good = clusterText(
      '  kubernetes:\n    controlPlane: {controlPlaneEndpointOverride: "10.1.0.9:6443", keepalived: {vrid: 51}}\n  addons:\n    - addonsList:\n        - name: metallb\n          enabled: true\n          values: |\n            configInline:\n              address-pools:\n              - {name: a, protocol: layer2, addresses: [10.1.0.20-10.1.0.30]}\n',
    );
    const inserted = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\t',
        '\n',
        '- ',
        '? ',
        ': ',
        '&a ',
        '*a',
        '<<: ',
        '!!map ',
        '{',
        '[',
        '"',
        "'",
        '|',
        '>',
        '---\n',
        '%',
        '#',
        '~',
        '\u0000',
        '__proto__: 1\n',
        'null',
        '-1',
        '1e999',
      ),
    );
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(20), inserted, fc.boolean(), (at, removed, text, asInventory) => {
        const changed = good.slice(0, at) + text + good.slice(at + removed);
        const config = asInventory ? configOf(good, changed) : configOf(changed);
        for (const line of briefly(config))
          expect(line).toMatch(/^(error|warning|info) [a-z0-9-]+ (cluster|inventory)\.yaml:[1-9]\d*:[1-9]\d*/);
      }),
      { numRuns: 600 },
    );
  });

  it('never crashes on random text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(configOf(text, text).ssh).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
