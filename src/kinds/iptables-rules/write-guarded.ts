import { randomBytes } from 'node:crypto';
import type { HostWriter } from '../../connections/host.ts';
import type { HostAddress } from '../../core/address.ts';
import { ChangeReverted, KonvoyError } from '../../core/errors.ts';
import type { Argv } from '../../core/fact.ts';
import { FIREWALL_EXIT, FIREWALL_STATE_FOLDER, printFirewallProgram } from '../../core/firewall-program.ts';
import type { Change } from '../../core/plan.ts';
import type { IptablesRulesResource } from '../../core/resource.ts';
import { type ListeningPort, listensForPeers, parseListeningPorts } from '../../facts/listening-ports.ts';
import type { Writers } from '../kind.ts';
import { type PeerPort, probeSsh, unreachedPorts } from './probe.ts';

/** Keeps the program that it is given in a folder of its own, where the revert timer finds it, and starts it. */
const START =
  'umask 077; folder=$1/$2; mkdir -p "$folder" && cat >"$folder/program" && exec /bin/sh "$folder/program" apply "$2" "$3"';

/** One change under way on a host. */
interface Armed {
  readonly id: string;
  readonly listening: readonly ListeningPort[];
}

function programCommand(word: 'confirm' | 'revert', id: string): Argv {
  return ['/bin/sh', `${FIREWALL_STATE_FOLDER}/${id}/program`, word, id];
}

/** Arms the timer, changes and verifies, in one round trip. Undefined when there was nothing to change. */
async function change(host: HostWriter, wanted: IptablesRulesResource, seconds: number): Promise<Armed | undefined> {
  const id = randomBytes(6).toString('hex');
  const output = await host.run(['sh', '-c', START, 'konvoy-firewall', FIREWALL_STATE_FOLDER, id, String(seconds)], {
    stdin: wanted.ensure === 'absent' ? printFirewallProgram([]) : printFirewallProgram(wanted.rules, wanted.lingering),
    timeoutMs: 120_000,
    expect: [0, FIREWALL_EXIT.takenBack],
  });
  if (output.exit === FIREWALL_EXIT.takenBack) {
    throw new ChangeReverted(
      host.address,
      `${host.address}: the firewall rules could not be put in place: ${output.stderr.trim()}`,
    );
  }
  if (!output.stdout.startsWith('changed\n')) return undefined;
  return { id, listening: parseListeningPorts(output.stdout) };
}

/** Takes the change back at once, over the connection that is still there; where that fails, the timer will. */
async function takeBack(host: HostWriter, { id }: Armed): Promise<boolean> {
  try {
    const output = await host.run(programCommand('revert', id), { expect: 'any', timeoutMs: 8_000 });
    return output.exit === 0 || output.exit === FIREWALL_EXIT.noLongerArmed;
  } catch {
    return false;
  }
}

function reverted(host: HostAddress, how: string, what: string, cause?: unknown): ChangeReverted {
  const hint =
    'look at the host’s own rules with `iptables -S INPUT` and `nft list ruleset`; nothing of this change stays';
  return new ChangeReverted(host, `${host}: ${what}; ${how}`, { hint, cause });
}

/** Whether none of our rules are to remain. */
export function isRemoval(wanted: IptablesRulesResource): boolean {
  return wanted.ensure === 'absent' || wanted.rules.length === 0;
}

function samePair(pairs: readonly PeerPort[], pair: PeerPort): boolean {
  return pairs.some((other) => other.peer === pair.peer && other.port === pair.port);
}

/**
 * Changes the rules of a host so that a mistake cannot lock anybody out: the host itself takes the change back unless it
 * is confirmed, and it is confirmed only after a new SSH connection came through and no port was lost that peers could
 * reach before. Whether a port was reachable before is found out when it matters: after the change was taken back.
 */
export async function writeGuarded(planned: Change<IptablesRulesResource>, writers: Writers): Promise<void> {
  const wanted = planned.resource;
  const host = await writers.hosts.writer(wanted.host);
  const seconds = writers.revertAfterSeconds;
  const silenceMs = 1000 * Math.max(3, Math.min(15, seconds - 3));
  const fail = (atOnce: boolean, what: string, cause?: unknown) => {
    const how = atOnce ? 'the rules were taken back' : `the host takes the rules back by itself within ${seconds} s`;
    return reverted(wanted.host, how, what, cause);
  };
  let knownClosed: readonly PeerPort[] = [];
  for (;;) {
    writers.step(`change the rules, with a timer of ${seconds} s that takes them back`);
    const armed = await change(host, wanted, seconds);
    if (armed === undefined) return;

    writers.step('probe SSH over a new connection');
    try {
      await probeSsh(writers.hosts, wanted.host, silenceMs);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw fail(await takeBack(host, armed), `no new SSH connection came through (${why})`, cause);
    }

    // Taking all rules away closes ports by intention: the hazard `closes-cluster-ports` names them before it is accepted.
    const peers = isRemoval(wanted) ? [] : wanted.peers;
    const pairs = peers.flatMap((peer) =>
      wanted.probePorts
        .filter((port) => listensForPeers(armed.listening, wanted.host, port))
        .map((port) => ({ peer, port }))
        .filter((pair) => !samePair(knownClosed, pair)),
    );
    if (pairs.length > 0) writers.step('probe service ports from other hosts');
    const closed = await unreachedPorts(writers.hosts, wanted.host, pairs);
    if (closed.length > 0) {
      const atOnce = await takeBack(host, armed);
      const still = atOnce ? await unreachedPorts(writers.hosts, wanted.host, closed) : [];
      const lost = closed.filter((pair) => !samePair(still, pair));
      if (lost.length > 0) {
        const list = lost.map(({ peer, port }) => `port ${port} from ${peer}`).join(', ');
        throw fail(atOnce, `no longer reachable: ${list}`);
      }
      // They were closed before too: the change is not to blame. Once more, without counting them.
      knownClosed = [...knownClosed, ...still];
      continue;
    }

    writers.step('confirm');
    const output = await host.run(programCommand('confirm', armed.id), { expect: 'any' });
    if (output.exit === 0) return;
    if (output.exit === FIREWALL_EXIT.noLongerArmed || output.exit === 127 || output.exit === 2) {
      throw fail(true, 'the timer ran out before the change could be confirmed');
    }
    throw new KonvoyError(`${wanted.host}: the rules could not be confirmed: ${output.stderr.trim()}`);
  }
}
