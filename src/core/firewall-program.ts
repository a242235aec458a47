import { type IptablesRule, normaliseRule, printRuleArgs } from './iptables-rule.ts';
import type { LingeringRules } from './lingering-rules.ts';
import { FILE_OWNERSHIP_MARK } from './resource.ts';
import { quoteWord } from './shell-quote.ts';

/** Where the program stands on a host for the next boot. */
export const FIREWALL_PROGRAM_PATH = '/usr/local/lib/konvoy/firewall';

/** What an unconfirmed change needs; root-only, and gone with a reboot as the rules themselves are. */
export const FIREWALL_STATE_FOLDER = '/run/konvoy/firewall';

/** There while a change waits to be confirmed or taken back: what stands then is not what will stand. */
export const FIREWALL_UNCONFIRMED_PATH = `${FIREWALL_STATE_FOLDER}/unconfirmed`;

/** Exit codes of the program beyond 0 (done) and 1 (failed, nothing changed or taken back). */
export const FIREWALL_EXIT = { noLongerArmed: 5, takenBack: 6 } as const;

/**
 * The awk half: reads `iptables-save` of table filter, prints the least change of chain INPUT as lines for
 * `iptables-restore --noflush`, nothing when there is nothing to do. The same as `core/rule-placement.ts`.
 * mode place: the rules of file `wanted` stand before the first rule that ends the chain.
 * mode back: our rules stand where they stood in file `wanted`, an earlier INPUT chain.
 * other=1: not the backend that `iptables` uses; ours are wanted there only beside somebody's own rules.
 */
const PLACE = String.raw`
function plain(line) { gsub(/"([^"\\]|\\.)*"/, "Q", line); return line }
function ours(line) { return index(line, "--comment \"Konvoy: ") > 0 }
function key(line) {
  line = line " "
  sub(/ -p vrrp /, " -p 112 ", line); sub(/ -p (ipencap|ipv4|ipip) /, " -p 4 ", line)
  return line
}
function jump(line, word,    parts, n, i) {
  n = split(plain(line), parts, " ")
  for (i = 3; i <= n; i++) if ((parts[i] == "-j" || parts[i] == "-g") && parts[i-1] != "--comment") { word["how"] = parts[i]; word["to"] = parts[i+1]; break }
  if (i > n) return 0
  line = plain(line); sub(/^-A [^ ]+ /, "", line)
  while (sub(/^-m comment --comment [^ ]+ /, "", line)) { }
  word["all"] = line ~ /^-[jg] /
  return 1
}
function target_end(name, depth) {
  if (name == "DROP" || name == "REJECT") return "drops"
  if (name == "ACCEPT") return "accepts"
  return (name in size) ? chain_end(name, depth) : "falls"
}
function chain_end(name, depth,    i, word, how, all, to, e) {
  if (depth > 32) return "falls"
  for (i = 1; i <= size[name]; i++) {
    if (!jump(rule[name, i], word)) continue
    how = word["how"]; all = word["all"]; to = word["to"]
    if (!all) { if (to == "RETURN" || how == "-g") return "falls"; continue }
    if (to == "RETURN") return "falls"
    e = target_end(to, depth + 1)
    if (e != "falls" || how == "-g") return e
  }
  return "falls"
}
function put(line) { f++; out[f] = line }
function add(line, behind) {
  put(line)
  if (behind) { sub(/^-A INPUT /, "", line); step[++s] = "-I INPUT " f " " line }
  else step[++s] = line
}
function add_until(limit, behind) { for (; next_one <= limit; next_one++) add(want[next_one], behind) }
BEGIN { while ((getline line < wanted) > 0) if (line ~ /^-A INPUT /) want[++w] = line; close(wanted); table = "filter" }
/^\*/ { table = substr($0, 2) }
table != "filter" { next }
/^:/ { name = substr($1, 2); policy[name] = $2; if (!(name in size)) size[name] = 0 }
/^-A / { size[$2]++; rule[$2, size[$2]] = $0; if ($2 == "INPUT") { n++; chain[n] = $0; copies[key($0)]++; if (!ours($0)) theirs++ } }
END {
  n += 0; w += 0; s = 0; f = 0
  if (mode == "place") place(); else back()
  same = (f == n)
  for (i = 1; i <= n && same; i++) if (key(out[i]) != key(chain[i])) same = 0
  if (same) exit
  print "*filter"
  for (i = 1; i <= n; i++) if (ours(chain[i]) && !(i in kept)) { line = chain[i]; sub(/^-A /, "-D ", line); print line }
  for (i = 1; i <= s; i++) print step[i]
  print "COMMIT"
  if (planned != "") for (i = 1; i <= f; i++) print out[i] > planned
}
function place(    i, j, k, end, word, best, passed) {
  if (other && !theirs && (!("INPUT" in policy) || policy["INPUT"] == "ACCEPT")) w = 0
  for (i = 1; i <= w; i++) position[key(want[i])] = i
  end = n + 1
  for (i = 1; i <= n; i++) if (!ours(chain[i]) && jump(chain[i], word) && word["all"] && target_end(word["to"], 0) == "drops") { end = i; break }
  for (i = 1; i < end; i++) {
    if (!ours(chain[i])) { passed++; continue }
    k = key(chain[i])
    if (!(k in position) || position[k] > w || (position[k] in at)) continue
    at[position[k]] = i; behind[position[k]] = passed + 0
  }
  for (i = 1; i <= w; i++) {
    if (!(i in at) || copies[key(want[i])] > 1) continue
    for (j = i - 1; j >= 1; j--) {
      if (!(j in at)) continue
      if ((j in len) && at[j] < at[i] && len[j] + 1 > len[i]) { len[i] = len[j] + 1; from[i] = j }
      if (behind[j] > behind[i]) break
    }
    if (j < 1 && !len[i]) { len[i] = 1; from[i] = 0 }
    if (!len[i]) { delete len[i]; continue }
    if (!best || len[i] > len[best]) best = i
  }
  for (i = best + 0; i > 0; i = from[i]) kept[at[i]] = i
  next_one = 1
  for (i = 1; i <= n; i++) {
    if (i == end) add_until(w, 1)
    if (i in kept) { add_until(kept[i] - 1, 1); next_one = kept[i] + 1; put(chain[i]) }
    else if (!ours(chain[i])) put(chain[i])
  }
  add_until(w, 0)
}
function back(    i, j, at, m, slot, last) {
  for (i = 1; i <= n; i++) if (!ours(chain[i])) stay[++m] = chain[i]
  at = 0
  for (i = 1; i <= w; i++) {
    if (ours(want[i])) { slot[i] = at; continue }
    for (j = at + 1; j <= m; j++) if (stay[j] == want[i]) { at = j; break }
  }
  for (j = 0; j <= m; j++) {
    if (j > 0) put(stay[j])
    for (i = 1; i <= w; i++) if (ours(want[i]) && slot[i] == j) add(want[i], j < m)
  }
}
`;

/**
 * The shell half (POSIX sh). Its parameters: `apply ID SECONDS`, `confirm ID`, `revert ID`, `boot`.
 */
const PROGRAM = String.raw`set -u
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
state=${FIREWALL_STATE_FOLDER}

say() { echo "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# Runs iptables' TOOL (save, restore) of BACKEND; old hosts have only the unmarked name.
tool() {
  tool_name=iptables-$1-$2
  has "$tool_name" || tool_name=iptables-$2
  shift 2
  "$tool_name" "$@"
}

# Whether the legacy backend has a table filter.
has_legacy() {
  test -r "$tables" || return 1
  while read -r table; do test "$table" != filter || return 0; done <"$tables"
  return 1
}

# Prints table filter of BACKEND. Asking iptables-legacy for a table that is not there would make it.
save() {
  test "$1" = nft || has_legacy || return 0
  tool "$1" save -t filter
}

# Removes FILE. Most of the time there is none, and a process is what costs.
drop() { test ! -e "$1" || rm -f "$1"; }

# Holds the lock that iptables-legacy itself takes, over reading and writing. The nft backend has none.
hold() {
  test "$1" = legacy || return 0
  exec 8>>/run/xtables.lock
  flock -w 10 8 || { say "another program holds the xtables lock (/run/xtables.lock) for more than 10 s"; return 1; }
}
restore() {
  if test "$1" = legacy; then
    XTABLES_LOCKFILE=$state/xtables.lock tool legacy restore --noflush -w 10 <"$2"
  else
    tool nft restore --noflush -w 10 <"$2"
  fi
}
release() { exec 8>&-; }

# change MODE WANTED BACKEND: reads, plans, writes, and reads again until nothing is left to do.
# The ruleset may move between reading and writing: a step then fails, or its number means another place, perhaps before
# a rule of the host's owner. So ours are held against the chain that was planned, until they stand where they belong.
change() {
  other=0
  test "$3" = "$backend" || other=1
  drop "$work/planned"
  for turn in 1 2 3 4 5 6 7 8; do
    hold "$3" || return 1
    save "$3" >"$work/save" || { release; say "iptables-save failed"; return 1; }
    : >"$work/steps"
    if test -e "$work/planned"; then
      awk -v mode=back -v wanted="$work/planned" "$place" "$work/save" >"$work/steps" || { release; return 1; }
    fi
    if ! test -s "$work/steps"; then
      drop "$work/planned"
      keep=
      test "$1" = place && keep=$work/planned
      awk -v mode="$1" -v wanted="$2" -v other=$other -v planned="$keep" "$place" "$work/save" >"$work/steps" || { release; return 1; }
    fi
    test -s "$work/steps" || { release; return 0; }
    if test -n "$arm_id" && ! test -e "$dir/before.$3"; then
      sed -n '/^-A INPUT /p' "$work/save" >"$dir/before.$3.new" && mv "$dir/before.$3.new" "$dir/before.$3" && arm || { release; return 1; }
    fi
    restore "$3" "$work/steps" 2>"$work/error"
    written=$?
    release
    test $written = 0 || test $turn -lt 4 || { say "iptables-restore: $(cat "$work/error")"; return 1; }
    test $turn = 1 || sleep 0.1
  done
  say "the ruleset of this host changes faster than it can be written"
  return 1
}

# Both backends: the one that iptables uses, and the other where somebody's own rules stand there.
change_all() {
  changed_all=0
  change "$1" "$2" "$backend" || changed_all=1
  case $backend in
  nft) if has_legacy && has iptables-legacy-save; then change "$1" "$2" legacy || changed_all=1; fi ;;
  legacy) if has iptables-nft-save; then change "$1" "$2" nft || changed_all=1; fi ;;
  esac
  return $changed_all
}

# Arms the timer that takes the change back, once, before the first write.
arm() {
  test "$armed" = 0 || return 0
  : >"$dir/armed" && echo "$arm_id" >"$state/unconfirmed" || return 1
  if has systemd-run && systemd-run --quiet --collect --unit="konvoy-revert-$arm_id" --on-active="$seconds" \
    --timer-property=AccuracySec=1s /bin/sh "$dir/program" revert "$arm_id" </dev/null >/dev/null 2>"$work/error" 9>&- 8>&-; then
    echo timer >"$dir/by"
  else
    has setsid || { say "no way to arm a timer: $(cat "$work/error")"; rm -f "$dir/armed" "$state/unconfirmed"; return 1; }
    setsid nohup sh -c 'sleep "$1"; exec sh "$2/program" revert "$3"' - "$seconds" "$dir" "$arm_id" </dev/null >/dev/null 2>&1 8>&- 9>&- &
    echo process >"$dir/by"
  fi
  armed=1
}

# Takes back what run ID changed. Whoever renames its token first, wins.
take_back() {
  mv "$state/$1/armed" "$state/$1/reverting" 2>/dev/null || test -e "$state/$1/reverting" || return ${FIREWALL_EXIT.noLongerArmed}
  took=0 arm_id=
  for changed in nft legacy; do
    before=$state/$1/before.$changed
    test ! -e "$before" || change back "$before" $changed || took=1
  done
  test $took = 0 && forget "$1"
  return $took
}

# Ends the timer of run ID and drops its state.
forget() {
  by=
  test ! -e "$state/$1/by" || read -r by <"$state/$1/by"
  if test "$by" = timer; then systemctl stop --no-block "konvoy-revert-$1.timer" </dev/null >/dev/null 2>&1; fi
  rm -rf "$state/$1" "$state/unconfirmed"
}

apply() {
  dir_id=$1 seconds=$2
  dir=$state/$dir_id
  for old in "$state"/*/; do
    test -e "$old/armed" || test -e "$old/reverting" || continue
    say "taking back a change that was never confirmed"
    take_back "$(basename "$old")" || say "it could not be taken back"
  done
  arm_id=$dir_id armed=0
  desired >"$work/wanted"
  if change_all place "$work/wanted"; then
    if test $armed = 1; then echo changed; else echo unchanged; rm -rf "$dir" "$state/unconfirmed"; fi
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
    return 0
  fi
  test $armed = 0 && { rm -rf "$dir"; return 1; }
  take_back "$dir_id" && say "the change was taken back"
  return ${FIREWALL_EXIT.takenBack}
}

# Keeps the change.
confirm() {
  mv "$state/$1/armed" "$state/$1/confirmed" 2>/dev/null || { say "the change was already taken back"; return ${FIREWALL_EXIT.noLongerArmed}; }
  forget "$1"
}

main() {
  test -d "$state" || mkdir -p "$state" || return 1
  test "$1" = confirm && { confirm "$2"; return $?; }
  case $(iptables -V 2>/dev/null) in
  *nf_tables*) backend=nft ;;
  iptables*) backend=legacy ;;
  *) say "iptables is not installed"; return 1 ;;
  esac
  tables=/proc/net/ip_tables_names
  exec 9>>"$state/lock"
  flock -w 30 9 || { say "another program holds $state/lock"; return 1; }
  arm_id= armed=0
  work=$state/work
  test -d "$work" || mkdir -p "$work" || return 1
  case $1 in
  apply) apply "$2" "$3" ;;
  revert) take_back "$2" ;;
  boot) desired >"$work/wanted" && change_all place "$work/wanted" ;;
  *) say "unknown word: $1"; return 2 ;;
  esac
}
`;

function printLines(rules: readonly IptablesRule[]): string {
  if (rules.length === 0) return ':\n';
  const lines = rules.map((rule) => ` \\\n${quoteWord(`-A INPUT ${printRuleArgs(normaliseRule(rule))}`)}`);
  return `printf '%s\\n'${lines.join('')}\n`;
}

/** At a boot the link is not there yet; where it is, its traffic still needs the rules. */
function printLingering({ link, rules }: LingeringRules): string {
  return `if test -n "$(ip -4 -o address show dev '${link}' up 2>/dev/null)"; then\n${printLines(rules)}fi\n`;
}

/**
 * The program that puts these rules on a host: streamed to it for a change, kept there for the next boot. Rules are
 * written with protocol numbers, because a host may have no /etc/protocols.
 */
export function printFirewallProgram(
  rules: readonly IptablesRule[],
  lingering: readonly LingeringRules[] = [],
): string {
  return [
    '#!/bin/sh\n',
    `# ${FILE_OWNERSHIP_MARK}: puts konvoy's iptables rules, and no others, back at their place.\n`,
    '# `konvoy render firewall` shows the rules; edits here are undone by the next `konvoy up`.\n',
    `desired() {\n${printLines(rules)}${lingering.map(printLingering).join('')}}\n`,
    `place='${PLACE}'\n`,
    PROGRAM,
    'main "$@"\nexit $?\n',
  ].join('');
}
