import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from './lab.ts';

/** Policies other than ACCEPT, chains and rules of every table of one backend, without counters; an empty table is none. */
const RULES = `rules() { awk '/^\\*/{t=$1} /^:/{if($2!="ACCEPT")print t,$1,$2} /^-/{print t,$0}'; }
iptables-nft-save | rules
while read -r table; do iptables-legacy-save -t "$table" | rules | sed 's/^/legacy /'; done </proc/net/ip_tables_names 2>/dev/null`;

/**
 * What a user of the host could find of konvoy: the rules of both backends, unit files and running services, the content
 * of every file at our places, packages. /etc/ld.so.cache and what apt and dpkg write about themselves are left out.
 */
const STATE = `${RULES}
systemctl list-unit-files --no-legend --no-pager | awk '$2!="transient"' | sort
systemctl list-units --all --no-legend --no-pager --plain --type=service --state=active,failed | awk '{print $1, $3, $4}' | grep -v '^user' | sort
find /etc /usr/local /var/lib/konvoy ! -path /etc/ld.so.cache \\( -type f -exec sha256sum {} + -o -type l -printf '%p -> %l\\n' -o -type d -print \\) 2>/dev/null | sort
dpkg-query -W -f '\${Package} \${Version} \${db:Status-Abbrev}\\n'`;

/** When anything at our places was written last, by path; the rules; and the lines that konvoy left in the journal. */
const WRITES = `${RULES}
find /etc /usr/local /var/lib /run/konvoy -printf '%p %i %T@ %C@\\n' 2>/dev/null | grep -v '^/var/lib/systemd/' | sort
journalctl --quiet --no-pager -t konvoy -o cat`;

function run(lab: Lab, host: string, script: string): Promise<string> {
  return lab.onHost(host, 'sh', '-c', script);
}

/** A host as `reset` must leave it: equal texts, equal hosts. */
export function hostState(lab: Lab, host: string): Promise<string> {
  return run(lab, host, STATE);
}

/** Differs when anything was written on the host meanwhile. */
export function hostWrites(lab: Lab, host: string): Promise<string> {
  return run(lab, host, WRITES);
}

/** The same question to several hosts at once; answers by host. */
export async function ofEach<T>(
  hosts: readonly string[],
  question: (host: string) => Promise<T>,
): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(hosts.map(async (host) => [host, await question(host)] as const)));
}

/** Chain INPUT as `iptables -S` prints it, by the backend that `iptables` uses or the named one. */
export async function inputChain(lab: Lab, host: string, command = 'iptables'): Promise<readonly string[]> {
  return (await lab.onHost(host, command, '-S', 'INPUT')).trim().split('\n');
}

/** Whether konvoy put that line there. */
export function isOurs(line: string): boolean {
  return line.includes('"Konvoy: ');
}

/** Asks again and again until the answer is true; fails with `what` after `limitMs`. Returns the milliseconds it took. */
export async function eventually(what: string, limitMs: number, question: () => Promise<boolean>): Promise<number> {
  const began = Date.now();
  for (;;) {
    if (await question()) return Date.now() - began;
    if (Date.now() - began > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(100);
  }
}
