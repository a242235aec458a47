// biome-ignore-all lint/style/noRestrictedImports: the program is run by a real shell, with iptables played by scripts
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { anyInputChain, anyWanted, tableOf, USER_CHAINS } from '../../test/support/any-firewall.ts';
import { FIREWALL_EXIT, FIREWALL_STATE_FOLDER, printFirewallProgram } from './firewall-program.ts';
import { type IptablesRule, normaliseRule, parseRuleArgs, printRuleArgs } from './iptables-rule.ts';
import { placeRules } from './rule-placement.ts';

/** iptables in a file: INPUT of one backend as lines, changed by -A, -I and -D, all of them or none. */
const FAKE_RESTORE = `#!/bin/sh
awk -v chain="$FAKE/input" '
BEGIN { while ((getline line < chain) > 0) c[++n] = line }
/^-A INPUT/ { c[++n] = $0 }
/^-I INPUT/ { at = $3; line = $0; sub(/^-I INPUT [0-9]+ ?/, "-A INPUT ", line); if (at > n + 1) bad = 1; for (i = n; i >= at; i--) c[i + 1] = c[i]; c[at] = line; n++ }
/^-D INPUT/ { line = $0; sub(/^-D/, "-A", line); for (i = 1; i <= n; i++) if (c[i] == line) break; if (i > n) bad = 1; for (; i < n; i++) c[i] = c[i + 1]; n-- }
END { if (bad) exit 1; for (i = 1; i <= n; i++) print c[i] > (chain ".new"); close(chain ".new") }' || exit 1
echo >>"$FAKE/writes"
touch "$FAKE/input.new"; mv "$FAKE/input.new" "$FAKE/input"
`;
const FAKE_SAVE = `#!/bin/sh
echo '*filter'; echo ':INPUT DROP [0:0]'; cat "$FAKE/chains"
cat "$FAKE/input"
echo COMMIT
# Somebody writes between this reading and the writing that follows, once.
if test -e "$FAKE/moves"; then { cat "$FAKE/moves" "$FAKE/input"; } >"$FAKE/input.new"; mv "$FAKE/input.new" "$FAKE/input"; rm "$FAKE/moves"; fi
`;

const folder = mkdtempSync(join(tmpdir(), 'konvoy-firewall-'));
const tools = join(folder, 'bin');
const state = join(folder, 'state');

function tool(name: string, text: string): void {
  writeFileSync(join(tools, name), text, { mode: 0o755 });
}

function setInput(lines: readonly string[]): void {
  writeFileSync(join(folder, 'input'), lines.map((line) => `-A INPUT ${line}\n`).join(''));
}

function input(): string[] {
  return readFileSync(join(folder, 'input'), 'utf8').split('\n').filter(Boolean);
}

function program(rules: readonly IptablesRule[]): string {
  return printFirewallProgram(rules)
    .replaceAll(FIREWALL_STATE_FOLDER, state)
    .replace('\nPATH=', `\nPATH=${tools}:`)
    .replaceAll('/proc/net/ip_tables_names', '/dev/null');
}

function start(word: string, id: string, rules: readonly IptablesRule[]) {
  mkdirSync(join(state, id), { recursive: true });
  const path = join(state, id, 'program');
  if (word === 'apply' || word === 'boot') writeFileSync(path, program(rules));
  const { status, stdout, stderr } = spawnSync('sh', [path, word, id, '60'], {
    env: { FAKE: folder, PATH: process.env.PATH },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const RULES = ['a', 'b', 'c'].map((name) => parseRuleArgs(`-m comment --comment "Konvoy: ${name}" -j ACCEPT`));
const LINES = RULES.map((rule) => `-A INPUT ${printRuleArgs(rule)}`);

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(tools, { recursive: true });
  tool('iptables', '#!/bin/sh\necho "iptables v1.8.9 (nf_tables)"\n');
  tool('iptables-nft-save', FAKE_SAVE);
  tool('iptables-nft-restore', FAKE_RESTORE);
  tool('systemd-run', '#!/bin/sh\necho "$@" >>"$FAKE/timers"\n');
  tool('systemctl', '#!/bin/sh\ntrue\n');
  writeFileSync(join(folder, 'chains'), `${USER_CHAINS.join('\n')}\n`);
  setInput([]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the program on the host', () => {
  it('is a shell script that parses', () => {
    expect(() => execFileSync('sh', ['-n'], { input: printFirewallProgram(RULES) })).not.toThrow();
  });

  it('puts the rules before the end, arms a timer first, and says what listens', () => {
    setInput(['-i lo -j ACCEPT', '-j DROP']);
    const { status, stdout } = start('apply', 'x1', RULES);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^changed\n +sl +local_address/);
    expect(input()).toEqual(['-A INPUT -i lo -j ACCEPT', ...LINES, '-A INPUT -j DROP']);
    const timer = readFileSync(join(folder, 'timers'), 'utf8');
    expect(timer).toContain('--on-active=60 --timer-property=AccuracySec=1s');
    expect(timer).toContain('revert x1');
  });

  it('writes nothing and arms nothing when all is in place', () => {
    setInput(LINES.map((line) => line.replace('-A INPUT ', '')));
    expect(start('apply', 'x1', RULES).stdout).toMatch(/^unchanged\n/);
    expect(() => readFileSync(join(folder, 'writes'))).toThrow();
    expect(() => readFileSync(join(folder, 'timers'))).toThrow();
  });

  it('gives the change back to what it was, and leaves alone what others wrote meanwhile', () => {
    setInput(['-j LOG', '-m comment --comment "Konvoy: old" -j ACCEPT', '-j DROP']);
    const before = input();
    start('apply', 'x1', RULES);
    setInput(['-j KUBE-FIREWALL', ...input().map((line) => line.replace('-A INPUT ', ''))]);
    expect(start('revert', 'x1', []).status).toBe(0);
    expect(input()).toEqual(['-A INPUT -j KUBE-FIREWALL', ...before]);
  });

  it('lets exactly one of confirmation and timer win', () => {
    start('apply', 'x1', RULES);
    const kept = readFileSync(join(state, 'x1', 'program'), 'utf8');
    expect(start('confirm', 'x1', []).status).toBe(0);
    // The timer fires all the same: too late.
    mkdirSync(join(state, 'x1'), { recursive: true });
    writeFileSync(join(state, 'x1', 'program'), kept);
    expect(start('revert', 'x1', []).status).toBe(FIREWALL_EXIT.noLongerArmed);
    expect(input()).toEqual(LINES);

    start('apply', 'x2', []);
    const second = readFileSync(join(state, 'x2', 'program'), 'utf8');
    expect(start('revert', 'x2', []).status).toBe(0);
    mkdirSync(join(state, 'x2'), { recursive: true });
    writeFileSync(join(state, 'x2', 'program'), second);
    expect(start('confirm', 'x2', []).status).toBe(FIREWALL_EXIT.noLongerArmed);
    expect(input()).toEqual(LINES);
  });

  it('leaves a mark for as long as a change is neither confirmed nor taken back', () => {
    const isMarked = () => existsSync(join(state, 'unconfirmed'));
    for (const end of ['confirm', 'revert']) {
      setInput(['-j LOG']);
      start('apply', 'x1', RULES);
      expect(isMarked()).toBe(true);
      expect(start(end, 'x1', []).status).toBe(0);
      expect(isMarked()).toBe(false);
    }
    // A run that was killed in the middle of confirming.
    setInput(LINES.map((line) => line.replace('-A INPUT ', '')));
    writeFileSync(join(state, 'unconfirmed'), 'x0');
    expect(start('apply', 'x2', RULES).stdout).toMatch(/^unchanged\n/);
    expect(isMarked()).toBe(false);
  });

  it('takes back what an earlier run never confirmed, before it changes anything', () => {
    setInput(['-j LOG']);
    start('apply', 'x1', [parseRuleArgs('-m comment --comment "Konvoy: wrong" -j DROP')]);
    expect(start('apply', 'x2', RULES).status).toBe(0);
    expect(start('revert', 'x2', []).status).toBe(0);
    expect(input()).toEqual(['-A INPUT -j LOG']);
  });

  it('tries again when the ruleset moves between reading and writing', () => {
    setInput(['-i lo -j ACCEPT', '-p tcp -j LOG', '-j DROP']);
    writeFileSync(join(folder, 'moves'), '-A INPUT -j KUBE-1\n-A INPUT -j KUBE-2\n');
    expect(start('apply', 'x1', RULES).status).toBe(0);
    expect(input().slice(-4)).toEqual([...LINES, '-A INPUT -j DROP']);
    expect(input().slice(0, 2)).toEqual(['-A INPUT -j KUBE-1', '-A INPUT -j KUBE-2']);
  });

  it('takes everything back and says so when the rules cannot be written', () => {
    tool('iptables-nft-restore', '#!/bin/sh\necho "line 2 failed" >&2\nexit 1\n');
    const { status, stderr } = start('apply', 'x1', RULES);
    expect(status).toBe(FIREWALL_EXIT.takenBack);
    expect(stderr).toContain('line 2 failed');
  });

  it('places any rules as the plan says', () => {
    fc.assert(
      fc.property(anyInputChain, anyWanted, (lines, wanted) => {
        setInput(lines);
        const before = input();
        const { status, stderr } = start('boot', 'boot', wanted);
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        const planned = placeRules(
          tableOf(
            before.map((line) => line.replace(/^-A INPUT ?/, '')),
            'DROP',
          ),
          wanted,
        ).after;
        const text = (rule: IptablesRule) => printRuleArgs(normaliseRule(rule));
        expect(input().map((line) => text(parseRuleArgs(line.replace(/^-A INPUT ?/, ''))))).toEqual(planned.map(text));
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});
