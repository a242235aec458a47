import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilterTable } from '../facts/iptables-save.ts';
import { anyInputChain, anyWanted, tableOf } from '../../test/support/any-firewall.ts';
import { type FilterTable, inputRules, isTerminal } from './filter-table.ts';
import { type IptablesRule, isKonvoyRule, parseRuleArgs, printRuleArgs } from './iptables-rule.ts';
import { type PlacementStep, placeRules } from './rule-placement.ts';

function ours(name: string): IptablesRule {
  return parseRuleArgs(`-p tcp -m tcp --dport 1 -m comment --comment "Konvoy: ${name}" -j ACCEPT`);
}

function chain(...lines: readonly string[]): FilterTable {
  const rules = lines.map((line) => (line.startsWith('-') ? line : printRuleArgs(ours(line))));
  return tableOf(rules);
}

function names(rules: readonly IptablesRule[]): string[] {
  return rules.map((rule) =>
    isKonvoyRule(rule) ? (/Konvoy: (\w+)/.exec(printRuleArgs(rule))?.[1] ?? '') : printRuleArgs(rule),
  );
}

const WANTED = [ours('a'), ours('b'), ours('c')];

/** What iptables-restore would make of the steps. */
function doSteps(rules: readonly IptablesRule[], steps: readonly PlacementStep[]): IptablesRule[] {
  const list = [...rules];
  const text = (rule: IptablesRule) => printRuleArgs(rule);
  for (const step of steps) {
    if (step.is === 'append') list.push(step.rule);
    else if (step.is === 'insert') list.splice(step.position - 1, 0, step.rule);
    else {
      const at = list.findIndex((rule) => text(rule) === text(step.rule));
      expect(at).not.toBe(-1);
      list.splice(at, 1);
    }
  }
  return list;
}

describe('where the rules go', () => {
  it.each([
    ['an empty chain', [], ['a', 'b', 'c']],
    ['a rule without an end', ['-i lo -j ACCEPT'], ['-i lo -j ACCEPT', 'a', 'b', 'c']],
    ['a trailing REJECT', ['-i lo -j ACCEPT', '-j REJECT'], ['-i lo -j ACCEPT', 'a', 'b', 'c', '-j REJECT']],
    [
      'an end with a comment',
      ['-m comment --comment end -j DROP'],
      ['a', 'b', 'c', '-m comment --comment end -j DROP'],
    ],
    ['a conditional DROP', ['-p tcp -j DROP'], ['-p tcp -j DROP', 'a', 'b', 'c']],
    ['users between', ['a', '-i x -j LOG', 'b', 'c'], ['a', '-i x -j LOG', 'b', 'c']],
    ['one missing', ['a', '-i x -j LOG', 'c'], ['a', '-i x -j LOG', 'b', 'c']],
    ['the last missing', ['a', 'b', '-i x -j LOG', '-j DROP'], ['a', 'b', '-i x -j LOG', 'c', '-j DROP']],
    ['out of order', ['b', 'a', 'c'], ['a', 'b', 'c']],
    ['twice', ['a', 'b', 'b', 'c'], ['a', 'b', 'c']],
    ['behind the end', ['a', '-j DROP', 'b', 'c'], ['a', 'b', 'c', '-j DROP']],
    ['an old rule of ours', ['old', 'a', 'b', 'c'], ['a', 'b', 'c']],
  ])('%s', (_title, before, after) => {
    expect(names(placeRules(chain(...before), WANTED).after)).toEqual(after);
  });

  it('looks into chains that always end with a drop', () => {
    const table = parseFilterTable(
      '*filter\n:INPUT ACCEPT [0:0]\n:END - [0:0]\n:LAST - [0:0]\n-A INPUT -j END\n-A END -p tcp --dport 22 -j ACCEPT\n-A END -j LAST\n-A LAST -j LOG\n-A LAST -j DROP\nCOMMIT',
    );
    expect(table && names(placeRules(table, WANTED).after)).toEqual(['a', 'b', 'c', '-j END']);
  });

  it.each([
    '-A END -s 10.0.0.0/8 -j RETURN\n-A END -j DROP',
    '-A END -p tcp -j DROP',
    '-A END -j ACCEPT\n-A END -j DROP',
    '-A END -g NONE',
  ])('does not take a chain for an end out of which packets come back: %s', (rules) => {
    const table = parseFilterTable(`*filter\n:INPUT ACCEPT [0:0]\n:END - [0:0]\n-A INPUT -j END\n${rules}\nCOMMIT`);
    expect(table && names(placeRules(table, WANTED).after)).toEqual(['-j END', 'a', 'b', 'c']);
  });

  it('changes no more than it must', () => {
    expect(placeRules(chain('b', 'c', 'a'), WANTED).steps.map(({ is }) => is)).toEqual(['delete', 'insert']);
    expect(placeRules(chain('a', 'c'), WANTED).steps).toEqual([{ is: 'insert', rule: ours('b'), position: 2 }]);
  });

  it('removes all of ours, and only these, when none are wanted', () => {
    expect(names(placeRules(chain('a', '-i lo -j ACCEPT', 'b', '-j DROP', 'c'), []).after)).toEqual([
      '-i lo -j ACCEPT',
      '-j DROP',
    ]);
  });
});

describe('for any mix of rules', () => {
  it('the steps lead to what is promised, and a second plan is empty', () => {
    fc.assert(
      fc.property(anyInputChain, anyWanted, (lines, wanted) => {
        const table = tableOf(lines);
        const { steps, after } = placeRules(table, wanted);
        expect(doSteps(inputRules(table), steps)).toEqual(after);
        const again = { policies: table.policies, chains: new Map(table.chains).set('INPUT', after) };
        expect(placeRules(again, wanted).steps).toEqual([]);
      }),
    );
  });

  it('rules of others keep their order, and ours stand once each, in order, before the end', () => {
    fc.assert(
      fc.property(anyInputChain, anyWanted, (lines, wanted) => {
        const table = tableOf(lines);
        const { after } = placeRules(table, wanted);
        const foreign = (rules: readonly IptablesRule[]) => rules.filter((rule) => !isKonvoyRule(rule));
        expect(foreign(after)).toEqual(foreign(inputRules(table)));
        expect(after.filter(isKonvoyRule).map(printRuleArgs)).toEqual(wanted.map(printRuleArgs));
        const end = after.findIndex((rule) => !isKonvoyRule(rule) && isTerminal(table, rule));
        if (end !== -1) expect(after.slice(end).filter(isKonvoyRule)).toEqual([]);
      }),
    );
  });

  it('a rule of ours never comes to stand before a rule of others that was asked first', () => {
    fc.assert(
      fc.property(anyInputChain, anyWanted, (lines, wanted) => {
        const table = tableOf(lines);
        const { after } = placeRules(table, wanted);
        const before = inputRules(table);
        const end = before.findIndex((rule) => !isKonvoyRule(rule) && isTerminal(table, rule));
        // Others in front of a rule that was already there and effective: never fewer than before.
        for (const rule of wanted) {
          const was = before.findIndex((each) => printRuleArgs(each) === printRuleArgs(rule));
          if (was === -1 || (end !== -1 && was > end)) continue;
          const is = after.findIndex((each) => printRuleArgs(each) === printRuleArgs(rule));
          const inFront = (list: readonly IptablesRule[], at: number) =>
            list.slice(0, at).filter((each) => !isKonvoyRule(each)).length;
          expect(inFront(after, is)).toBeGreaterThanOrEqual(inFront(before, was));
        }
      }),
    );
  });
});
