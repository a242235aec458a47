import type { Check } from '../../core/check.ts';
import { ask } from '../../core/fact.ts';
import type { TopologyHost } from '../../core/topology.ts';
import { clock } from '../../facts/clock.ts';

/** Seconds. Certificates, etcd and logs suffer from more; Konvoy's own limit. */
const CLOCK_LIMIT_SECONDS = 30;

/**
 * The host's clock was read at some moment between sending the question and its answer, both on this machine's clock:
 * the distance to that interval is skew for sure, whatever the network and the other questions took.
 */
export function clockCheck({ address }: TopologyHost): Check {
  const there = ask(clock, address, undefined);
  return {
    id: `clock-skew@${address}`,
    phase: 'preflight',
    title: `${address}: the clock is within ${CLOCK_LIMIT_SECONDS} s of this machine's`,
    asks: [there],
    judge(facts) {
      const host = facts.get(there);
      if (!host.ok) return { is: 'unknown', why: host.why };
      if (host.during === undefined) return { is: 'unknown', why: 'it is not known when the clock was read' };
      const ahead = host.value - host.during.until;
      const behind = host.during.from - host.value;
      if (Math.max(ahead, behind) <= CLOCK_LIMIT_SECONDS) return { is: 'pass' };
      return {
        is: 'fail',
        summary: `the clock is ${Math.round(Math.max(ahead, behind))} s ${ahead > behind ? 'ahead' : 'behind'}`,
        hint: 'let chrony or systemd-timesyncd set it on both machines',
      };
    },
  };
}
