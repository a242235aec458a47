import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KUBEADM_COREFILE } from './cases/corefiles.ts';
import { expandCorefile } from './corefile/expand-corefile.ts';
import { parseCorefile } from './corefile/parse-corefile.ts';
import { withoutDnsPart, writeDnsPart } from './dns-part.ts';
import { judgeListeners } from './judge-listeners.ts';
import { judgePlugins } from './judge-plugins.ts';
import type { DnsConfig } from './dns-schema.ts';

const NOTHING: DnsConfig = { upstreams: [], stubZones: [], hosts: [] };
const ALL: DnsConfig = {
  upstreams: ['10.0.50.1', '10.0.50.2:5353'],
  stubZones: [{ zone: 'corp.example.org', upstreams: ['10.9.0.1'] }],
  hosts: [{ address: '10.0.50.99', names: ['printer.example.org', 'scanner.example.org'] }],
};
const BEGIN = '# Begin of spec.kubernetes.dns: konvoy writes this part';
const END = '# End of spec.kubernetes.dns';

const textOf = (text: string, dns: DnsConfig | undefined) => {
  const read = writeDnsPart(text, dns);
  return read.ok ? read.value : read.problem;
};

describe('what spec.kubernetes.dns says', () => {
  it('stands in the Corefile in marks of its own', () => {
    const root = `    ${BEGIN}
    forward . 10.0.50.1 10.0.50.2:5353 {
       max_concurrent 1000
    }
    ${END}
`;
    const zones = `${BEGIN}
corp.example.org:53 {
   errors
   cache 30
   forward . 10.9.0.1
}
printer.example.org:53 scanner.example.org:53 {
   errors
   hosts {
      10.0.50.99 printer.example.org scanner.example.org
   }
}
${END}
`;
    expect(textOf(KUBEADM_COREFILE, ALL)).toBe(`${KUBEADM_COREFILE.replace('.:53 {\n', `.:53 {\n${root}`)}${zones}`);
  });

  it('is nothing that the check of the Corefile would complain of', () => {
    const read = writeDnsPart(KUBEADM_COREFILE, ALL);
    const parsed = parseCorefile(read.ok ? read.value : '');
    const expanded = parsed.ok ? expandCorefile(parsed.value, new Map()) : parsed;
    if (!expanded.ok) throw new Error(expanded.problem.message);
    expect([...judgePlugins(expanded.value, '1.14.2'), ...judgeListeners(expanded.value)]).toEqual([]);
  });

  it('follows what is written, and goes without a trace', () => {
    const first = writeDnsPart(KUBEADM_COREFILE, ALL);
    const text = first.ok ? first.value : '';
    expect(textOf(text, { ...ALL, upstreams: ['10.7.7.7'] })).toBe(
      textOf(KUBEADM_COREFILE, { ...ALL, upstreams: ['10.7.7.7'] }),
    );
    expect(textOf(text, NOTHING)).toBe(KUBEADM_COREFILE);
    expect(textOf(text, undefined)).toBe(KUBEADM_COREFILE);
  });

  it('takes the port of the block of all names', () => {
    expect(textOf('. example.net:5300 {\n  errors\n}\n', { ...NOTHING, hosts: ALL.hosts })).toContain(
      'printer.example.org:53 ',
    );
    expect(textOf('.:5300 {\n  errors\n}\n', { ...NOTHING, hosts: ALL.hosts })).toContain('printer.example.org:5300 ');
  });

  it.each([
    ['a cache of the user’s', KUBEADM_COREFILE, { ...NOTHING, cache: 60 }, /there is a cache already/],
    ['a zone that has a block', '. {\n}\ncorp.example.org. {\n}\n', ALL, /corp\.example\.org:53 has a server block/],
    ['no block for all names', 'example.org {\n  errors\n}\n', ALL, /server block for "\." with braces/],
    ['no braces', '.\nerrors\n', ALL, /with braces/],
    ['a plugin on the line of the brace', '. { errors\n}\n', ALL, /on a line of its own/],
    ['a mark without its other', `. {\n${BEGIN}\n}\n`, ALL, /does not end/],
    ['marks the other way round', `. {\n${END}\n${BEGIN}\n}\n`, ALL, /do not belong together/],
    ['marks within quotes', `. {\n  log "\n${BEGIN}\n${END}\n"\n}\n`, ALL, /within quotes/],
    ['a text that nobody can read', '. {\n  errors\n', ALL, /never closed/],
  ])('is refused where there is %s', (_, text, dns, message) => {
    expect(textOf(text, dns)).toMatchObject({ message: expect.stringMatching(message) });
  });

  it('caches for as long as is written where nobody else does', () => {
    const read = writeDnsPart('. {\n  errors\n}\n', { ...ALL, cache: 60 });
    expect(read.ok && read.value.match(/cache 60/g)).toHaveLength(2);
  });

  const line = fc.constantFrom(
    ...[
      '. {',
      '.:53 {',
      'example.org {',
      '}',
      'errors',
      '  cache 30',
      'forward . 10.0.0.1',
      '# a remark',
      '"',
      'log "a',
      '',
    ],
    ...[`  ${BEGIN}`, END, '{', 'import x', '(x) {', '{# a b', 'a.example.org,', '\ufeff', '  }', ' # "', 'errors\r'],
  );
  const corefile = fc.oneof(
    fc
      .tuple(fc.array(line, { maxLength: 14 }), fc.boolean())
      .map(([lines, ends]) => `${lines.join('\n')}${ends ? '\n' : ''}`),
    fc.array(line, { maxLength: 2 }).map((lines) => `${KUBEADM_COREFILE}${lines.join('\n')}`),
    fc.array(line, { maxLength: 1 }).map((lines) => `. {\n${lines.join('\n')}\n  errors\n}\n# "\n`),
  );
  const address = fc.constantFrom('10.0.0.1', '10.0.0.2:5353');
  const dns: fc.Arbitrary<DnsConfig> = fc.record(
    {
      upstreams: fc.array(address, { maxLength: 3 }),
      stubZones: fc
        .uniqueArray(fc.constantFrom('a.example.org', 'b.example'), { maxLength: 2 })
        .map((zones) => zones.map((zone) => ({ zone, upstreams: ['10.0.0.3'] }))),
      hosts: fc.array(fc.constant({ address: '10.0.0.4', names: ['printer.example.org'] }), { maxLength: 2 }),
      cache: fc.integer({ min: 1, max: 3600 }),
    },
    { requiredKeys: ['upstreams', 'stubZones', 'hosts'] },
  );

  it('leaves all the rest to the letter, and is the same when written again, whatever stands there', () => {
    let written = 0;
    fc.assert(
      fc.property(corefile, dns, (text, section) => {
        const once = writeDnsPart(text, section);
        if (!once.ok) return;
        written += 1;
        expect(withoutDnsPart(once.value)).toEqual(withoutDnsPart(text));
        expect(writeDnsPart(once.value, section)).toEqual(once);
        expect(writeDnsPart(once.value, undefined)).toEqual(withoutDnsPart(text));
        expect(parseCorefile(once.value).ok).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(written).toBeGreaterThan(50);
  });
});
