import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKonvoyRule, normaliseRule, parseRuleArgs, printRuleArgs, ruleComment } from './iptables-rule.ts';

const MEASURED = [
  '-p tcp -m tcp --dport 6443 -m comment --comment "Konvoy: a b" -j ACCEPT',
  '-m comment --comment "it\\\'s \\"q\\" \\\\ back" -j ACCEPT',
  '-m comment --comment single_word-1 -j ACCEPT',
  '-m comment --comment "with.dot" -j ACCEPT',
  '-m comment --comment "" -j ACCEPT',
  '-s 10.0.50.12/30 -p ipencap -m comment --comment "Konvoy: ipip" -j ACCEPT',
  '! -i eth0 -p tcp -m multiport --dports 22,80:90 -j DROP',
  '-j LOG --log-prefix "a b: "',
  '-j REJECT --reject-with icmp-host-prohibited',
];

describe('the text of a rule', () => {
  it.each(MEASURED)('is printed as iptables 1.8.9 printed it: %s', (line) => {
    expect(printRuleArgs(parseRuleArgs(line))).toBe(line);
  });

  it('comes back from printing and parsing, whatever a comment says', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_.,:/!+%@=-]+$/).filter((text) => !text.startsWith('--'));
    // Printable characters without line breaks; what else there is, is refused.
    const comment = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), comment, (words, text) => {
        const rule = { args: [...words, '-m', 'comment', '--comment', text, '-j', 'ACCEPT'] };
        expect(parseRuleArgs(printRuleArgs(rule))).toEqual(rule);
      }),
    );
  });

  it('is refused with a line break in it', () => {
    expect(() => printRuleArgs({ args: ['-m', 'comment', '--comment', 'a\nCOMMIT'] })).toThrow(/control character/);
  });
});

describe('ownership', () => {
  it('is the prefix of the comment, and nothing else', () => {
    expect(isKonvoyRule(parseRuleArgs('-m comment --comment "Konvoy: x" -j ACCEPT'))).toBe(true);
    expect(isKonvoyRule(parseRuleArgs('-m comment --comment "not Konvoy: x" -j ACCEPT'))).toBe(false);
    expect(isKonvoyRule(parseRuleArgs('-j LOG --log-prefix "Konvoy: "'))).toBe(false);
    expect(ruleComment(parseRuleArgs('-j ACCEPT'))).toBeUndefined();
  });
});

describe('normalised rules', () => {
  it('name protocols by number, because hosts differ in the names', () => {
    expect(normaliseRule(parseRuleArgs('-s 10.0.0.1/32 -p vrrp -j ACCEPT')).args).toContain('112');
    expect(normaliseRule(parseRuleArgs('-p ipv4 -j ACCEPT')).args).toContain('4');
    expect(normaliseRule(parseRuleArgs('-p tcp -j ACCEPT')).args).toContain('tcp');
  });
});
