import { parseRuleArgs } from '../../src/core/iptables-rule.ts';
import { printFirewallProgram } from '../../src/core/firewall-program.ts';
import type { Lab } from './lab.ts';

/** Runs a script on the host at the moment at which a change of its rules is made and not yet confirmed. */
export async function whenArmed(lab: Lab, host: string, script: string): Promise<void> {
  const wait = 'until ls /run/konvoy/firewall/*/armed >/dev/null 2>&1; do sleep 0.02; done';
  await lab.onHost(host, 'systemd-run', '--quiet', '--collect', '--unit=when-armed', 'sh', '-c', `${wait}\n${script}`);
}

/**
 * Lets sshd of a host take new connections without ever answering them, as soon as the run that comes has its first one:
 * that one goes on, and the probe behind a change gets nowhere. `wakeSshd` ends it.
 */
export async function hangSshd(lab: Lab, host: string): Promise<void> {
  const script = `until pgrep -f '^sshd: konvoy@notty' >/dev/null; do sleep 0.02; done
kill -STOP $(systemctl show -P MainPID ssh.service)`;
  await lab.onHost(host, 'systemd-run', '--quiet', '--collect', '--unit=hang-sshd', 'sh', '-c', script);
}

export async function wakeSshd(lab: Lab, host: string): Promise<void> {
  await lab.onHost(host, 'sh', '-c', 'kill -CONT $(systemctl show -P MainPID ssh.service)');
}

/** How one race between confirmation and timer ended: exit codes, and how many rules of ours stood afterwards. */
export interface Race {
  readonly confirm: number;
  readonly revert: number;
  readonly rules: number;
  /** How many stand when the change is kept; 0 when it is taken back. */
  readonly wanted: number;
}

const WANTED = [1, 2, 3, 4, 5].map((port) =>
  parseRuleArgs(`-p tcp -m tcp --dport ${port} -m comment --comment "Konvoy: race ${port}" -j ACCEPT`),
);

/** The timer's program needs a moment before it claims the token, so the confirmation starts up to 11 ms behind it. */
const RACES = `
cat >/root/race
printf '%s' "$2" >/root/none
state=/run/konvoy/firewall
sh /root/none boot
for turn in $(seq "$1"); do
  id=race$turn
  mkdir -p $state/$id && cp /root/race $state/$id/program
  sh $state/$id/program apply $id 60 >/dev/null
  sh /root/race revert $id 2>/dev/null & revert=$!
  { sleep 0.0$(printf %02d $((turn * 7 % 12))); exec sh /root/race confirm $id 2>/dev/null; } & confirm=$!
  wait $confirm; confirmed=$?
  wait $revert; reverted=$?
  echo $confirmed $reverted $(iptables -S INPUT | grep -c 'Konvoy: ')
  sh /root/none boot
done
rm /root/race /root/none
`;

/** Lets confirmation and timer of one change race on a host, many times. The host's own rules of ours go first. */
export async function racesOf(lab: Lab, host: string, turns: number): Promise<readonly Race[]> {
  const argv = ['sh', '-c', RACES, 'races', String(turns), printFirewallProgram([])];
  const { stdout } = await lab.host(host, argv, { input: printFirewallProgram(WANTED) });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [confirm = -1, revert = -1, rules = -1] = line.split(' ').map(Number);
      return { confirm, revert, rules, wanted: WANTED.length };
    });
}
