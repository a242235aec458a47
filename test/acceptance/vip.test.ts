import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, longestSilence, startClient } from '../support/fresh-connections.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, sharedLab } from '../support/lab.ts';
import { startStandInApis, STAND_IN_API } from '../support/stand-in-api.ts';
import {
  API_HUNG,
  API_STOPPED,
  type Fault,
  HOST_KILLED,
  KEEPALIVED_KILLED,
  KEEPALIVED_STOPPED,
  LINK_CUT,
  strikeHolder,
} from '../support/vip-faults.ts';
import { CONTROL_PLANES, holdersOf, oneHolder, VIP } from '../support/vip-lab.ts';

const KILLS = 10;
const CONF = '/etc/keepalived/keepalived.conf';

describeAsRoot('the address of the API', () => {
  let lab: Lab;
  let folder: string;
  let client: Client;
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const everywhere = (...argv: string[]) => Promise.all(CONTROL_PLANES.map((host) => lab.onHost(host, ...argv)));
  const vrids = () => everywhere('sed', '-n', 's/^ *virtual_router_id //p', CONF);
  const shown = (milliseconds: number) => Math.round(milliseconds).toString();

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await lab.copyFolder();
    await startStandInApis(lab, CONTROL_PLANES);
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    client = await startClient({ lab: lab.name, host: 'worker1', address: VIP, port: 6443 });
  });

  afterAll(async () => {
    await client.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('is held by exactly one control plane and reached from every host and from the seat', async () => {
    const holder = await oneHolder(lab);
    const checked = assertOk(await konvoy('check', 'nodes', '--until', 'hosts')).stdout;
    expect(checked).toContain(`10.0.50.1${holder.slice(2)} holds it`);
    for (const host of ['11', '12', '13', '21', '22', '23'])
      expect(checked).toContain(`10.0.50.${host} reaches ${VIP}`);
    expect(checked).toContain(`the machine that runs konvoy reaches ${VIP}`);
    expect(new Set(await vrids()).size).toBe(1);
  });

  test('moves to another host when keepalived is killed, and is not left behind on the old one', async () => {
    const gaps: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const { milliseconds, before, after } = await strikeHolder(lab, client, KEEPALIVED_KILLED);
      expect(await holdersOf(lab)).toEqual([after]);
      gaps.push(milliseconds);
      await KEEPALIVED_KILLED.heal(lab, before);
    }
    console.log(`no answer from the VIP after a kill of its holder's keepalived, ms: ${gaps.map(shown).join(', ')}`);
    expect(Math.max(...gaps)).toBeLessThan(1500);
  });

  const faults: readonly (readonly [Fault, number])[] = [
    // [fault, milliseconds without an answer at most]
    [KEEPALIVED_STOPPED, 700],
    [API_STOPPED, 3000],
    [API_HUNG, 6000],
    [LINK_CUT, 1500],
    [HOST_KILLED, 1500],
  ];
  test.each(faults)('moves to another host and stays there: $name', async (fault, limit) => {
    const { milliseconds, before, after } = await strikeHolder(lab, client, fault);
    const healedAt = Date.now();
    await fault.heal(lab, before);
    await sleep(1200);
    const back = longestSilence(client.answers, healedAt, Date.now());
    console.log(
      `no answer from the VIP, ms: ${fault.name} ${shown(milliseconds)}, healed ${shown(back?.milliseconds ?? Number.NaN)}`,
    );
    expect(milliseconds).toBeLessThan(limit);
    expect(back?.milliseconds).toBeLessThan(500);
    const holders = await holdersOf(lab);
    // Behind a mended cable a host that hears nothing for 0.6 s takes the address, and the higher address keeps it: seen
    // once in many runs on busy machines. One host has it in any case.
    if (fault === LINK_CUT) expect(holders).toHaveLength(1);
    else expect(holders).toEqual([after]);
  });

  test('stays where it is when every API server is down', async () => {
    const holder = await oneHolder(lab);
    const others = CONTROL_PLANES.filter((host) => host !== holder);
    for (const host of [...others, holder]) await lab.onHost(host, 'systemctl', 'stop', STAND_IN_API);
    for (let look = 0; look < 4; look++) {
      await sleep(500);
      expect(await holdersOf(lab)).toEqual([holder]);
    }
    expect(await lab.onHost(holder, 'cat', '/run/konvoy-vip/api')).toBe('1');
    await everywhere('systemctl', 'start', STAND_IN_API);
    await client.until(({ from }) => from === holder, 5);
  });

  test('is in the plan when a file was edited or the unit stopped, and is repaired with the router ids as they were', async () => {
    const ids = await vrids();
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
    await Promise.all([
      lab.onHost('cp2', 'sed', '-i', 's/priority .*/priority 100/', CONF),
      lab.onHost('cp3', 'systemctl', 'stop', 'keepalived'),
    ]);
    const plan = await konvoy('plan', '--until', 'hosts', '--exit-code');
    expect(plan.exit).toBe(4);
    expect(plan.stdout).toContain('priority 100');
    expect(plan.stdout).toMatch(/keepalived\.service[\s\S]*inactive/);
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect(await vrids()).toEqual(ids);
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
  });

  test('is not given another router id in silence where hosts differ', async () => {
    await lab.onHost('cp2', 'sed', '-i', 's/virtual_router_id .*/virtual_router_id 7/', CONF);
    const [before] = await vrids();
    const plan = await konvoy('plan', '--until', 'hosts');
    expect(plan.stdout + plan.stderr).toContain('do not agree on the virtual router id');
    expect((await konvoy('deploy', 'hosts', '--yes')).exit).toBe(1);
    expect(await vrids()).toEqual([before, '7', before]);
  });

  test('moves once and never vanishes when the router id is changed on purpose', async () => {
    const cluster = join(folder, 'cluster.yaml');
    const text = await readFile(cluster, 'utf8');
    await writeFile(cluster, text.replace('keepalived: {}', 'keepalived: {vrid: 201}'));
    expect((await konvoy('deploy', 'hosts', '--yes')).stderr).toContain('moves-vip');
    const began = Date.now();
    const before = client.answers.at(-1)?.from;
    assertOk(await konvoy('deploy', 'hosts', '--yes', '--accept', 'moves-vip'));
    await sleep(1000);
    const silence = longestSilence(client.answers, began, Date.now());
    const route = client.answers.filter(({ at }) => at > began).map(({ from }) => from);
    const moves = route.filter((from, index) => index > 0 && from !== route[index - 1]);
    console.log(
      `no answer from the VIP while its router id was changed, ms: ${shown(silence?.milliseconds ?? Number.NaN)}; ${before}, then ${moves.join(', ') || 'the same'}`,
    );
    expect(await vrids()).toEqual(['201', '201', '201']);
    expect(silence?.milliseconds).toBeLessThan(1000);
    expect(moves.length).toBeLessThanOrEqual(1);
    expect((await holdersOf(lab)).length).toBe(1);
  });
});
