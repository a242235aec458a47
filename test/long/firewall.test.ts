import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { editCluster, firewallFolder } from '../support/firewall-folder.ts';
import { hangSshd, racesOf, wakeSshd } from '../support/guarded-change.ts';
import { eventually, inputChain, isOurs, ofEach } from '../support/host-state.ts';
import { startRun } from '../support/background-run.ts';
import { assertOk, describeAsRoot, FRESH, type Lab, SHARED_HOSTS, sharedLab } from '../support/lab.ts';

const KILLS = 10;
const RACES = 100;
const OWN = '-A INPUT -i lo -j ACCEPT';

describeAsRoot('firewall changes that are cut short', () => {
  let lab: Lab;
  let folder: string;
  const rows: string[] = [];
  const konvoy = (...args: string[]) => lab.konvoy(args, { cwd: folder });
  const sh = (host: string, script: string) => lab.onHost(host, 'sh', '-c', script);
  const chains = () => ofEach(SHARED_HOSTS, (host) => inputChain(lab, host));
  const isArmed = async (host: string) =>
    (await lab.host(host, ['sh', '-c', 'ls /run/konvoy/firewall/*/armed /run/konvoy/firewall/*/reverting'])).stdout !==
    '';

  beforeAll(async () => {
    lab = await sharedLab();
    assertOk(await lab.lab('snapshot', 'restore', FRESH));
    folder = await firewallFolder(lab);
    await ofEach(SHARED_HOSTS, (host) => sh(host, 'iptables -A INPUT -i lo -j ACCEPT'));
  });

  afterAll(async () => {
    console.log(`\n| What | Times | Seen |\n|---|---|---|\n${rows.join('\n')}\n`);
    await rm(folder, { recursive: true, force: true });
  });

  test('are taken back by the host within the default 60 s', async () => {
    await hangSshd(lab, 'cp1');
    const run = await startRun(lab, folder, ['deploy', 'hosts', '--yes']);
    await eventually('the timer is armed', 60_000, () => isArmed('cp1'));
    const armed = Date.now();
    run.kill('SIGKILL');
    await run.outcome;
    await sleep(45_000);
    expect((await inputChain(lab, 'cp1')).filter(isOurs).length).toBeGreaterThan(17);
    await eventually('the host took it back', 25_000, async () => !(await inputChain(lab, 'cp1')).some(isOurs));
    const seconds = (Date.now() - armed) / 1000;
    await wakeSshd(lab, 'cp1');
    expect(await inputChain(lab, 'cp1')).toEqual(['-P INPUT ACCEPT', OWN]);
    expect(seconds).toBeLessThan(65);
    rows.push(`| konvoy killed, timer of 60 s: taken back after | 1 | ${seconds.toFixed(1)} s |`);
  });

  test('leave each host in exactly the old or the new state, wherever konvoy is killed', async () => {
    const began = Date.now();
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    const whole = Date.now() - began;
    const on = await chains();
    let wanted = true;
    const seen = { old: 0, new: 0 };
    let kills = 0;
    for (let turn = 0; kills < KILLS; turn += 1) {
      if (turn === 2 * KILLS) throw new Error(`only ${kills} of ${turn} runs were killed before they ended`);
      editCluster(folder, (text) => text.replace(`addDefaultRules: ${wanted}`, `addDefaultRules: ${!wanted}`));
      wanted = !wanted;
      const before = await chains();
      const run = await startRun(lab, folder, ['deploy', 'hosts', '--yes', '--revert-after', '8']);
      await sleep(Math.random() * whole);
      if (run.kill('SIGKILL')) kills += 1;
      await run.outcome;
      await ofEach(SHARED_HOSTS, (host) =>
        eventually('no change is pending', 20_000, async () => !(await isArmed(host))),
      );
      for (const [host, chain] of Object.entries(await chains())) {
        const target = wanted ? on[host] : ['-P INPUT ACCEPT', OWN];
        const isOld = chain.join('\n') === before[host]?.join('\n');
        expect(isOld ? before[host] : target).toEqual(chain);
        seen[isOld ? 'old' : 'new'] += 1;
      }
    }
    if (!wanted) editCluster(folder, (text) => text.replace('addDefaultRules: false', 'addDefaultRules: true'));
    assertOk(await konvoy('deploy', 'hosts', '--yes'));
    expect(await chains()).toEqual(on);
    expect((await konvoy('plan', '--until', 'hosts', '--exit-code')).exit).toBe(0);
    rows.push(
      `| konvoy killed at a random point of ${whole} ms: hosts wholly old, wholly new, anything else | ${kills} kills in ${(seen.old + seen.new) / SHARED_HOSTS.length} runs on ${SHARED_HOSTS.length} hosts | ${seen.old}, ${seen.new}, 0 |`,
    );
  });

  test('have one winner when confirmation and timer race', async () => {
    const races = await racesOf(lab, 'cp2', RACES);
    expect(races).toHaveLength(RACES);
    for (const { confirm, revert, rules, wanted } of races) {
      expect([confirm, revert]).toEqual(confirm === 0 ? [0, 5] : [5, 0]);
      expect(rules).toBe(confirm === 0 ? wanted : 0);
    }
    const confirmed = races.filter(({ confirm }) => confirm === 0).length;
    expect(confirmed).toBeGreaterThan(0);
    expect(confirmed).toBeLessThan(RACES);
    rows.push(
      `| confirmation and timer at the same instant: confirmed, taken back, anything else | ${RACES} | ${confirmed}, ${RACES - confirmed}, 0 |`,
    );
  });
});
