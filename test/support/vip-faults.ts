import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, longestSilence, type Silence } from './fresh-connections.ts';
import { assertOk, type Lab } from './lab.ts';
import { STAND_IN_API } from './stand-in-api.ts';

/** Something that happens to the host that holds the address, and how it ends. */
export interface Fault {
  readonly name: string;
  strike(lab: Lab, holder: string): Promise<unknown>;
  heal(lab: Lab, holder: string): Promise<unknown>;
}

const KEEPALIVED = 'keepalived.service';
const startKeepalived = (lab: Lab, holder: string) => lab.onHost(holder, 'systemctl', 'start', KEEPALIVED);
const startApi = (lab: Lab, holder: string) => lab.onHost(holder, 'systemctl', 'start', STAND_IN_API);

/**
 * The VRRP process first: it is told when its parent dies, and where that came first it now and then still managed to
 * hand the address over, which is not what a kill shall measure.
 */
const KILL_ALL = `main=$(systemctl show -P MainPID ${KEEPALIVED}) &&
  kill -KILL $(cat "/proc/$main/task/$main/children") "$main"`;

export const KEEPALIVED_KILLED: Fault = {
  name: 'keepalived killed, all its processes',
  strike: (lab, holder) => lab.onHost(holder, 'sh', '-c', KILL_ALL),
  heal: startKeepalived,
};

export const KEEPALIVED_STOPPED: Fault = {
  name: 'keepalived stopped',
  strike: (lab, holder) => lab.onHost(holder, 'systemctl', 'stop', KEEPALIVED),
  heal: startKeepalived,
};

export const API_STOPPED: Fault = {
  name: 'API server stopped',
  strike: (lab, holder) => lab.onHost(holder, 'systemctl', 'stop', STAND_IN_API),
  heal: startApi,
};

export const API_HUNG: Fault = {
  name: 'API server hung (SIGSTOP)',
  strike: (lab, holder) => lab.onHost(holder, 'systemctl', 'kill', '--signal=SIGSTOP', STAND_IN_API),
  heal: (lab, holder) => lab.onHost(holder, 'systemctl', 'kill', '--signal=SIGCONT', STAND_IN_API),
};

export const LINK_CUT: Fault = {
  name: 'network link cut',
  strike: async (lab, holder) => assertOk(await lab.lab('cut', holder)),
  heal: async (lab, holder) => assertOk(await lab.lab('heal', holder)),
};

export const HOST_KILLED: Fault = {
  name: 'host killed',
  strike: async (lab, holder) => assertOk(await lab.lab('kill', holder, '--stay-down')),
  heal: async (lab, holder) => assertOk(await lab.lab('start', holder)),
};

/** Milliseconds that a client is listened to after the address moved: a late gratuitous ARP shows within them. */
const LISTEN_ON = 1000;

/**
 * Strikes the host that answers `client` now, and waits until another one does and the client has been listened to for
 * a second more. The fault is not healed. Returns the longest silence since then, from the struck host to the one that
 * answered last: where two took over within an advert of each other, the higher address wins in the end.
 */
export async function strikeHolder(lab: Lab, client: Client, fault: Fault, seconds = 15): Promise<Silence> {
  const holder = client.answers.at(-1)?.from ?? '';
  const struckAt = Date.now();
  await fault.strike(lab, holder);
  await client.until(({ from }) => from !== holder, seconds);
  await sleep(LISTEN_ON);
  const silence = longestSilence(client.answers, struckAt, Date.now());
  if (silence === undefined) throw new Error(`${fault.name}: nothing was measured`);
  return { ...silence, before: holder, after: client.answers.at(-1)?.from ?? '' };
}
